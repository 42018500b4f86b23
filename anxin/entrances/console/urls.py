"""Addresses of this entrance."""

from django.urls import path

from anxin.entrances.console import acting, cases, complaints, dispatching, files, inbox, receiving, rules

app_name = "console"
urlpatterns = [
    path("", inbox.duties, name="duties"),
    path("dispatch", dispatching.board, name="dispatch"),
    path("cases", cases.listing, name="cases"),
    path("cases/<int:case>", cases.case, name="case"),
    path("cases/<int:case>/mediation", cases.mediation, name="mediation"),
    path("cases/<int:case>/related", cases.related, name="related"),
    path("cases/<int:case>/do/<str:name>", acting.act, name="act"),
    path("receive", receiving.receive, name="receive"),
    path("receive/done", receiving.received, name="received"),
    path("receive/employers", receiving.suggest_employers, name="suggest-employers"),
    path("receive/duplicates", receiving.suggest_duplicates, name="suggest-duplicates"),
    path("complaints", complaints.inbox, name="complaints"),
    path("complaints/<int:complaint>", complaints.complaint, name="complaint"),
    path("complaints/<int:complaint>/merge", complaints.merge, name="merge"),
    path("ledgers", complaints.ledger, name="ledgers"),
    path("rules", rules.rules, name="rules"),
    path("rules/compare", rules.difference, name="difference"),
    path("messages", inbox.messages, name="messages"),
    path("messages/<int:message>/read", inbox.read, name="read"),
    path("messages/sent", inbox.outbox, name="outbox"),
    path("files/evidence/<int:evidence>", files.evidence, name="evidence"),
    path("files/letters/<int:letter>", files.letter, name="letter"),
]
