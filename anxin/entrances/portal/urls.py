"""Addresses of this entrance."""

from django.urls import path

from anxin.entrances.portal import pages, progress, report

app_name = "portal"
urlpatterns = [
    path("", pages.home, name="home"),
    path("w", pages.wechat, name="wechat"),
    path("q/<slug:code>", pages.scanned, name="scanned"),
    path("report", report.start, name="report"),
    path("report/1", report.who, name="who"),
    path("report/2", report.how_much, name="how-much"),
    path("report/3", report.story, name="story"),
    path("report/4", report.contact, name="contact"),
    path("report/receipt", report.receipt, name="receipt"),
    path("progress", progress.look, name="progress"),
    path("progress/view", progress.view, name="progress-view"),
    path("progress/answer", progress.answer, name="answer"),
    path("p/<str:number>", progress.linked, name="linked"),
    path("about", pages.about, name="about"),
    path("help", pages.help_, name="help"),
]
