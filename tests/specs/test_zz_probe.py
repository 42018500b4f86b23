import collections, tests.specs.test_case_machine as m
from hypothesis import settings, HealthCheck
from hypothesis.stateful import run_state_machine_as_test
import pytest
C=collections.Counter()
class W(m.Walk):
    def teardown(self):
        C[self.stage]+=1; super().teardown()
orig=m.Walk.settle
def settle(self):
    C['at '+self.row().stage]+=1; orig(self)
m.Walk.settle=settle
@pytest.mark.django_db
def test_x():
    run_state_machine_as_test(m.Walk, settings=settings(max_examples=40, stateful_step_count=40, deadline=None, derandomize=False, suppress_health_check=list(HealthCheck)))
    print(C)
