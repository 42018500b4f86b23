"""Every automatic consequence in the system, on one page: when this happens, that follows."""

from __future__ import annotations

from anxin.foundation.duties.events import DutyLapsed, DutyMoved, DutyWarned
from anxin.foundation.outbox.bus import Handler, only
from anxin.journeys import clock, complaint
from anxin.resolution.cases.events import CaseMoved, CaseOpened, JointHandlingBegan, WorkerAnswered
from anxin.resolution.intake.events import ComplaintMerged, ComplaintReceived

# In the same transaction as the act: a receipt is given out only when the case and its clocks stand.
AT_ONCE: dict[type, list[Handler]] = {
    ComplaintReceived: [complaint.open_case],
}

# After the commit, each once, whatever dies in between.
ROUTES: dict[type, list[Handler]] = {
    ComplaintMerged: [complaint.attach_to_case],
    CaseOpened: [complaint.tell_reporter],
    CaseMoved: [
        only(complaint.tell_unit, verb=("dispatch", "redispatch")),
        only(complaint.tell_worker, verb=("pay", "reply", "close", "reopen")),
        only(complaint.settle_instalments, verb=("pay",)),
    ],
    JointHandlingBegan: [complaint.begin_joint_handling],
    WorkerAnswered: [only(complaint.take_back_instalments, answer=("partial", "none"))],
    DutyWarned: [clock.warn_the_post],
    DutyMoved: [only(clock.move_the_order, rule=("order_watch",))],
    DutyLapsed: [
        only(clock.lapse_the_order, rule=("order_watch",)),
        only(clock.miss_the_instalment, rule=("instalment_check",)),
        clock.tell_the_office,
    ],
}
