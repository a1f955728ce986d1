"""What a branch says of itself."""

from __future__ import annotations

from ovxai_passes.insert import insert
from ovxai_passes.ops.branch import MultipliedOut
from ovxai_passes.options import Options
from tests.fixtures import graphs


def test_what_is_multiplied_out_is_a_type_and_a_reason() -> None:
    found = insert(graphs.cnn(), Options(reference=True))
    repeated = found.branch.multiplied_out
    assert {one.reason for one in repeated} == {"the head is repeated for each position"}
    assert "MatMul" in {one.op_type for one in repeated}
    assert found.report.multiplied_out == len(repeated)
    told = [line for line in found.report.story if line.startswith("multiplied out: ")]
    assert told == sorted({f"multiplied out: {one}" for one in repeated})
    assert "multiplied out: MatMul: the head is repeated for each position" in told
    assert str(MultipliedOut("CumSum", "no rule")) == "CumSum: no rule"
