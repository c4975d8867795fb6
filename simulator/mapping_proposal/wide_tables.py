"""Tables with a row for each entity and a column for each step."""

from dataclasses import replace
from typing import Final

from simulator.mapping_proposal.finishing import cell_of, field_cells, happened
from simulator.mapping_proposal.fitting import Fit
from simulator.mapping_proposal.keys import about_key, about_lines, no_key, unique_key
from simulator.mapping_proposal.profiles import Column, Sample
from simulator.mapping_proposal.proposal import NoProposal, Proposal, ProposedCell
from simulator.mapping_proposal.state_tables import states_proposal
from simulator.mapping_proposal.words import STATES, Name, station
from streams.model import Kind
from streams.text import Text

_MOST_STATES: Final = 30  # texts of a status column


def wide_proposal(sample: Sample, best: Fit) -> Proposal | NoProposal:
    kind, doubts = best.kind, []
    nodes = dict(best.nodes)
    if not nodes:
        first, column = next(iter(kind.nodes), None), happened(sample)[0]
        if first is None:
            return states_proposal(sample, best, "")
        nodes[first] = column
        doubts.append(
            Text(
                zh=f"没有列名像 {kind.name} 的节点；暂把 {column.name} 当作 {first}，请确认",
                en=f"no column is called like a node of {kind.name}; {column.name} is taken for {first}: please check",
            )
        )
    key = unique_key(sample, kind)
    if key is None:
        return NoProposal(no_key(sample, kind))
    for node in best.guessed:
        column = best.promises[node]
        doubts.append(
            Text(
                zh=f"{column.name} 是承诺的时间，但没说是哪一步；按 {node} 的承诺处理，请确认",
                en=f"{column.name} is a promise, but does not say of what; it is taken as that of {node}: please check",
            )
        )
    cells, promises = _by_day(nodes, best.promises)
    ended, about_states = _ended(sample, kind, nodes)
    return Proposal(
        kind=kind.name,
        format="wide",
        key=key,
        nodes={name: (cells | ended)[name] for name in kind.nodes if name in cells | ended},
        due=promises,
        fields=field_cells(best, wide=True, without={column.name for column in nodes.values()}),
        doubts=(
            *about_key(sample, kind, key),
            *doubts,
            *_days_and_hours(nodes),
            *about_states,
            *about_lines(sample, kind, key),
        ),
    )


def _by_day(
    nodes: dict[str, Column], promises: dict[str, Column]
) -> tuple[dict[str, ProposedCell], dict[str, ProposedCell]]:
    """What is done on the promised day is on time: a day is compared with days, and with hours by its end."""
    cells = {node: cell_of(column) for node, column in nodes.items()}
    due = {node: cell_of(column) for node, column in promises.items()}
    for node, column in promises.items():
        reached = nodes.get(node)
        if column.times is None or not column.times.by_day or reached is None or reached.times is None:
            continue
        if reached.times.by_day:
            cells[node], due[node] = _as_day(cells[node], "date"), _as_day(due[node], "date")
        else:
            comment = Text(zh="承诺到天：到当天结束", en="promised for a day: until its end")
            due[node] = replace(_as_day(due[node], "end_of_day"), comment=comment)
    return cells, due


def _days_and_hours(nodes: dict[str, Column]) -> list[Text]:
    """What is known by the day seems to be earlier than what is known by the hour."""
    days = ", ".join(name for name, column in nodes.items() if column.times is not None and column.times.by_day)
    hours = ", ".join(name for name, column in nodes.items() if column.times is not None and not column.times.by_day)
    if not days or not hours:
        return []
    return [
        Text(
            zh=f"{days} 只有日期，{hours} 有时刻：同一天内，只有日期的算当天零点，先后和时长可能失真",
            en=f"{days} are known by the day and {hours} by the hour: within a day the former count as its first "
            "instant, so that orders and durations may seem wrong",
        )
    ]


def _as_day(cell: ProposedCell, word: str) -> ProposedCell:
    if cell.as_ is None:
        return replace(cell, as_=word)
    return replace(cell, day=word)


def _ended(sample: Sample, kind: Kind, nodes: dict[str, Column]) -> tuple[dict[str, ProposedCell], list[Text]]:
    """Nodes off the way, such as cancelled, of which a status column tells though nothing says when."""
    found: dict[str, ProposedCell] = {}
    doubts: list[Text] = []
    states = [
        column
        for column in sample.columns
        if STATES.are_in(column.called) and 0 < column.distinct <= _MOST_STATES and column.times is None
    ]
    for column in states:
        if column.numbers is not None:
            codes = ", ".join(f"{text} ({count})" for text, count in column.counted)
            doubts.append(
                Text(
                    zh=f"{column.name} 是代码：{codes}。数据中没有说明含义；如其中有取消，请加上对应的节点",
                    en=f"{column.name} has codes: {codes}. The data do not say what they mean; where one means "
                    'cancelled, add that node, as {column: "@last", only: {' + column.name + ': ["3"]}}',
                )
            )
        for node in kind.nodes.values():
            what = station(Name.of(node.name, node.label.en, node.label.zh))
            texts = tuple(text for text in column.texts if what and station(Name.of(text)) == what)
            if node.off_path and node.name not in nodes and texts:
                comment = Text(zh="何时不详，取最后的时间", en="nothing says when: the row's last time is taken")
                found[node.name] = ProposedCell(column="@last", only={column.name: texts}, comment=comment)
    return found, doubts
