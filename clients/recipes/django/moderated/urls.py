"""Addresses."""

from django.urls import path

from moderated import views

urlpatterns = [
    path("posts", views.publish),
    path("posts/<uuid:post_id>", views.read),
    path("posts/<uuid:post_id>/appeal", views.appeal),
    path("moderated", views.moderated),
]
