"""A policy file without fault, which has every kind of entry."""

GOOD = """\
policy: shop
format: 1
applies_to: {content_type: [text, image], app: [shop, kids]}
taxonomy: rekognition-moderation-7
needs: [pii.text]
if_nothing_matches: approve
if_a_detector_fails: {review: people}
queues:
  - {name: people, a2i_flow: people, reviewers: 2, agree: 2}
  - {name: senior, a2i_flow: senior}
lists:
  contact: [PII/PHONE, PII/EMAIL]
scores:
  risk: {combine: noisy_or, of: [{label: Weapons, weight: 0.5}, {label: Alcohol}]}
bands:
  weapons: {label: Weapons, review_from: 60, reject_from: 95, queue: people}
rules:
  - id: phone
    why: A phone number
    when: {label: {list: contact}, at_least: 80}
    then: {review: people}
  - id: helmets
    when: {people: {at_least: 80, lacking: {head: head_cover}, if_part_not_visible: ignore}}
    then: reject
    mode: {percent: 10}
  - id: risky
    when: {all: [{score: risk, at_least: 70}, {not: {app: [kids]}}]}
    then: {review: senior}
    overrides: [weapons.review]
apps:
  kids:
    change: {weapons: {review_from: 50, reject_from: 60}}
sampling:
  - {id: qa, of: approve, percent: 2, queue: people}
tests:
  - name: a gun
    item: {content_type: image, detections: [{Weapons: 96}]}
    expect: reject
    because: [weapons.reject]
"""
