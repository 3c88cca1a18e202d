# frozen_string_literal: true

# Posts with photos that are shown once the moderation service says so. Rails, without a gem of ours: rackup, or puma.
require "action_controller/railtie"
require_relative "moderation"

class Site < Rails::Application
  config.eager_load = true
  config.logger = Logger.new($stderr)
  config.secret_key_base = ENV.fetch("SECRET_KEY_BASE")
  config.hosts = ["127.0.0.1", "localhost"]
  config.consider_all_requests_local = false
end

class PostsController < ActionController::API
  POSTS = {} # in your app a table
  LOCK = Mutex.new

  def create
    post = { id: SecureRandom.uuid, state: "waiting", reason: "", number: 0 }
    POSTS[post[:id]] = post # first, because the webhook may be here before the answer
    parts = [{ type: "text", text: params[:text].to_s }]
    photo = params[:photo]
    parts << Moderation.upload(photo.read, photo.content_type) if photo
    item = Moderation.post(parts, content_id: post[:id], callback_url: "#{ENV.fetch('PUBLIC_URL')}/moderated", wait: 5)
    post[:item] = item["id"]
    learn(post, 1, item["decision"]) if item["decision"]
    render json: shown(post), status: :created
  rescue Moderation::Refused => error
    POSTS.delete(post[:id])
    render json: { detail: error.message }, status: :unprocessable_entity
  end

  def show
    post = POSTS[params[:id]]
    post ? render(json: shown(post)) : head(:not_found)
  end

  def appeal
    post = POSTS[params[:id]] or return head(:not_found)
    Moderation.appeal(post[:item], params.require(:reason))
    render json: shown(post), status: :accepted
  rescue Moderation::Refused => error # not decided yet, or appealed already
    render json: { detail: error.message }, status: :conflict
  end

  def moderated
    event = Moderation.verify(request.raw_post, request.headers, ENV.fetch("WEBHOOK_SECRET"))
    post = POSTS[event["data"]["content_id"]]
    learn(post, event["number"], event["data"]["decision"]) if post && event["type"] == "item.decided"
    head :no_content
  rescue Moderation::NotSigned
    head :unauthorized
  end

  private

  # Events come at least once, in no promised order: the highest number is how it stands.
  def learn(post, number, decision)
    LOCK.synchronize do
      next unless number > post[:number]

      post.update(number: number, state: decision["outcome"] == "approve" ? "shown" : "hidden", reason: decision["reason"])
    end
  end

  def shown(post)
    post.slice(:id, :state, :reason)
  end
end

Site.initialize!
Site.routes.draw do
  post "/posts", to: "posts#create"
  get "/posts/:id", to: "posts#show"
  post "/posts/:id/appeal", to: "posts#appeal"
  post "/moderated", to: "posts#moderated"
end

run Site
