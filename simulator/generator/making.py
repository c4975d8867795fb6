"""What all parts of a generated history share."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from simulator.generator.pace import Pace
from simulator.generator.scenario import Scenario
from streams.text import Language


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """Names and remarks that stand in events; the sales reps are people of the workspace that `tocsin init` writes."""

    reps: tuple[str, ...]
    places: tuple[str, ...]
    failures: tuple[str, ...]  # of deliveries
    damages: tuple[str, ...]
    refused: str
    stopped: str


WORDS: Final[Mapping[Language, Words]] = {
    "en": Words(
        reps=("alex", "sam", "jo"),
        places=("Hamburg", "Bremen", "Hanover", "Kassel", "Kiel"),
        failures=("nobody at home", "wrong address", "road closed"),
        damages=("damaged", "damp", "wrong article", "not as described"),
        refused="refused by the provider",
        stopped="spindle too hot",
    ),
    "zh": Words(
        reps=("li-wei", "zhang-min", "wang-fang"),
        places=("上海", "杭州", "南京", "武汉", "苏州"),
        failures=("无人在家", "地址有误", "道路封闭"),
        damages=("包装破损", "受潮", "发错货", "与描述不符"),
        refused="服务商拒绝",
        stopped="主轴过热",
    ),
}


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Making:
    scenario: Scenario
    pace: Pace
    words: Words
    rng: np.random.Generator
