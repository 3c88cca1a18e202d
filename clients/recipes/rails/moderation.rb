# frozen_string_literal: true

require "json"
require "net/http"
require "openssl"
require "uri"

# Calls of the moderation service, with what Ruby has: Net::HTTP and OpenSSL.
module Moderation
  # The service says no; the message says why.
  class Refused < StandardError; end
  # A webhook that is not from the service, or is too old.
  class NotSigned < StandardError; end

  ATTEMPTS = 5
  BUSY = %w[429 503].freeze
  TOLERANCE_SECONDS = 300

  module_function

  # Post an item. Under the same content_id it is made once: that is its idempotency key.
  def post(parts, content_id:, callback_url:, wait:)
    body = { parts: parts, content_id: content_id, callback_url: callback_url }
    call("POST", "/v1/items?wait=#{wait}", body, { "Idempotency-Key" => content_id }, repeatable: true)
  end

  # Have fresh reviewers look again.
  def appeal(item, reason)
    call("POST", "/v1/items/#{item}/appeal", { reason: reason })
  end

  # Send media ahead; gives the part that names it.
  def upload(data, media_type)
    made = call("POST", "/v1/uploads", { content_type: media_type, size_bytes: data.bytesize }, repeatable: true)
    request = Net::HTTP::Post.new(URI(made["url"]))
    request.set_form([*made["fields"].to_a, ["file", StringIO.new(data), { filename: "file" }]], "multipart/form-data")
    checked(send_to(URI(made["url"]), request))
    { type: media_type.split("/").first, upload: made["id"] }
  end

  # The event in a request, by Standard Webhooks. While the secret is changed there are two signatures.
  def verify(body, headers, secret)
    id, at, signatures = %w[webhook-id webhook-timestamp webhook-signature].map { |name| headers[name].to_s }
    raise NotSigned unless at.match?(/\A\d{1,12}\z/) && (Time.now.to_i - at.to_i).abs <= TOLERANCE_SECONDS

    key = secret.delete_prefix("whsec_").unpack1("m")
    wanted = "v1,#{[OpenSSL::HMAC.digest('SHA256', key, "#{id}.#{at}.#{body}")].pack('m0')}"
    fits = signatures.split.any? { |each| OpenSSL.secure_compare(each, wanted) } # in constant time
    raise NotSigned unless fits

    JSON.parse(body)
  rescue JSON::ParserError
    raise NotSigned
  end

  # What the service is too busy for is sent again; what was lost only where twice is the same as once.
  def call(method, path, body, headers = {}, repeatable: false)
    uri = URI(ENV.fetch("MODERATION_URL") + path)
    (1..ATTEMPTS).each do |attempt|
      request = Net::HTTPGenericRequest.new(method, true, true, uri, headers)
      request["Authorization"] = "Bearer #{ENV.fetch('MODERATION_KEY')}"
      request["Content-Type"] = "application/json"
      request.body = JSON.generate(body)
      response = send_to(uri, request)
      return checked(response) unless BUSY.include?(response.code) && attempt < ATTEMPTS

      sleep((response["Retry-After"] || attempt).to_i.clamp(1, 60))
    rescue SystemCallError, Timeout::Error, EOFError
      raise unless repeatable && attempt < ATTEMPTS

      sleep(attempt)
    end
  end

  def send_to(uri, request)
    Net::HTTP.start(uri.host, uri.port, use_ssl: uri.scheme == "https", read_timeout: 60) { |http| http.request(request) }
  end

  def checked(response)
    document = response.body.to_s.empty? ? nil : JSON.parse(response.body)
    return document if response.is_a?(Net::HTTPSuccess)

    raise Refused, document&.fetch("detail", nil) || response.code
  end
end
