from tests.specs.test_bad_input import *
from anxin.resolution.cases.models import CaseSource
def test_x(world):
    print(world.given["cases.open"], list(CaseSource.objects.values()))
    call("cases.open", actor=world.actor, now=NOW, **world.given["cases.open"])
