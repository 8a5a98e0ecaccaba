"""A run's configuration: what is read, and the line for each fault."""

from pathlib import Path

import pytest

from yomite.config import changed_keys, load_config, parse_config
from yomite.errors import ConfigError

CONFIGS = Path(__file__).parents[1] / "configs"


@pytest.fixture
def config_path(tmp_path: Path) -> Path:
    path = tmp_path / "run.yaml"
    path.write_text("name: small\noptimizer:\n  learning_rate: 3e-4\n", encoding="utf-8")
    return path


@pytest.mark.parametrize("path", sorted(CONFIGS.glob("*.yaml")), ids=lambda path: path.name)
def test_committed_configs_are_valid_and_say_how_to_run_them(path: Path) -> None:
    load_config(path)
    commands = (f"# yomite train configs/{path.name}", "# python benchmarks/")
    assert path.read_text("utf-8").startswith(commands)


def test_reads_an_exponent_without_a_point_as_a_number(config_path: Path) -> None:
    assert load_config(config_path).optimizer.learning_rate == 0.0003


def test_overrides_come_last(config_path: Path) -> None:
    config = load_config(
        config_path,
        ["optimizer.learning_rate=1e-2", "model.arguments.widths=[8, 16]", "gradient_clip=null", "out=a=b"],
    )
    assert config.optimizer.learning_rate == 0.01
    assert config.model.arguments == {"widths": [8, 16]}
    assert config.gradient_clip is None
    assert config.folder == Path("a=b")


def test_the_folder_goes_by_the_name(config_path: Path) -> None:
    assert load_config(config_path).folder == Path("runs/small")


@pytest.mark.parametrize(
    ("override", "line"),
    [
        ("optimizer.learning_rat=1", "optimizer.learning_rat: unknown key; did you mean 'learning_rate'?"),
        ("optimiser.learning_rate=1", "optimiser: unknown key; did you mean 'optimizer'?"),
        ("data.ink.hast=1", "data.ink.hast: unknown key; did you mean 'haste'?"),
        ("ema.xyzzy=1", "ema.xyzzy: unknown key; the keys here are: decay, warmup"),
        ("optimizer.learning_rate=-1", "optimizer.learning_rate: -1 came; it must be greater than 0"),
        ("optimizer.learning_rate=.nan", "optimizer.learning_rate: nan came; it must be a finite number"),
        ("batch_size=many", "batch_size: 'many' came; it must be a valid integer"),
        ("precision=fp8", "precision: 'fp8' came; it must be 'fp32', 'bf16' or 'fp16'"),
        ("optimizer.name=adam", "optimizer.name: 'adam' came; it must be 'adamw', 'muon' or 'sgd'"),
        ("optimizer.momentum=0.8", "optimizer: momentum is for sgd; name is adamw"),
        ("optimizer={name: sgd, momentum: 0}", "optimizer: nesterov needs a momentum above 0"),
        ("schedule.factor=0.5", "schedule: factor is for step and plateau; name is cosine"),
        ("schedule.name=step", "schedule: name step needs milestones"),
        ("schedule={name: step, milestones: [9, 3]}", "schedule: milestones [9, 3] must be steps above 0"),
        ("validation.patience=0", "validation.patience: 0 came; it must be greater than or equal to"),
        ("accumulate=0", "accumulate: 0 came; it must be greater than or equal to 1"),
        ("schedule.warmup_steps=99999", "schedule: warmup_steps 99999 must be less than total_steps 10000"),
        ("optimizer.betas=[0.9, 1]", "optimizer: betas must be two numbers"),
        ("data.ink.share=0", "data: every share is 0"),
        (
            "data.pens=[quill]",
            "data.pens.0: 'quill' came; it must be 'touch', 'ballpoint', 'pencil', 'felt' or",
        ),
        ("data.pens=[]", "data: pens is empty; name some of touch, ballpoint, pencil, felt, brush"),
        ("optimizer", "override 'optimizer'; write section.key=value"),
        ("name.first=1", "override 'name.first=1': name is a value, not a section"),
        ("name=[", "override 'name=[' is not YAML"),
    ],
)
def test_each_fault_has_one_line(config_path: Path, override: str, line: str) -> None:
    with pytest.raises(ConfigError) as caught:
        load_config(config_path, [override])
    assert line in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_file_that_cannot_be_read_has_one_line(tmp_path: Path) -> None:
    path = tmp_path / "broken.yaml"
    with pytest.raises(ConfigError, match="No such file"):
        load_config(path)
    for content, line in [(b"a: [", "is not YAML"), (b"- a", "holds a list"), (b"\xff\xfe\x00", "not UTF-8")]:
        path.write_bytes(content)
        with pytest.raises(ConfigError, match=line) as caught:
            load_config(path)
        assert "\n" not in str(caught.value)


def test_a_config_survives_as_plain_data(config_path: Path) -> None:
    config = load_config(config_path, ["validation.sources=[a, b]"])
    assert parse_config(config.model_dump(mode="json")) == config


def test_changed_keys_are_named() -> None:
    before = parse_config({}).model_dump(mode="json")
    after = parse_config({"schedule": {"total_steps": 20_000}, "seed": 1}).model_dump(mode="json")
    assert list(changed_keys(before, after)) == ["schedule.total_steps: 10000 -> 20000", "seed: 0 -> 1"]


def test_the_old_name_of_the_stream_works() -> None:
    old = parse_config({"data": {"mixture": "stored", "sources": ["my-samples"]}})
    assert old == parse_config({"data": {"stream": "stored", "sources": ["my-samples"]}})
    assert "mixture" not in old.model_dump()["data"]
