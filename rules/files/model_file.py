"""model.yaml: the kinds of entities with their nodes, fields and event types."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Final
from zoneinfo import ZoneInfo

from rules.errors import guess
from rules.files import keys
from rules.files.document import Entry, Leaf, Map, as_leaf, as_map, wrong
from rules.files.lead_file import read_lead_times
from rules.files.names import read_name, report_twice
from rules.files.total_file import read_totals
from rules.files.zones import read_zone
from rules.worktime.calendars import Calendar
from rules.worktime.durations import read_duration
from streams.model import EventType, Field, FieldType, Kind, LeadTime, Model, Node
from streams.text import Text, nfkc

_UTC: Final = ZoneInfo("UTC")
_BUILT_IN: Final = "updated"
_COLUMN_TYPES: Final = (FieldType.NUMBER, FieldType.STRING, FieldType.BOOL, FieldType.TIMESTAMP)
_FIELD_TYPES: Final = (*_COLUMN_TYPES, FieldType.LIST)


def model_zone(root: Map) -> ZoneInfo:
    """The model's zone, which calendars need before the model can be read as a whole; default UTC."""
    leaf = root.leaf("zone")
    return (None if leaf is None else read_zone(leaf)) or _UTC


def read_model(root: Map, zone: ZoneInfo, calendars: Mapping[str, Calendar], leads: Map | None = None) -> Model:
    """The model that a file declares, with the lead times of `leads`; what is wrong is left out and reported."""
    root.only(*keys.MODEL)
    kinds: dict[str, Kind] = {}
    for key, entry in root.maps("kinds", required=True):
        name = nfkc(key.raw)
        if not name or any(char.isspace() or char in ".|{}" for char in name):
            wrong(key, zh="没有空格和 . | { } 的名称", en="a name without blanks and . | { }")
        elif name in kinds:
            root.problems.error(
                key.place, "duplicate_key", zh=f"类型 {name} 已声明", en=f"the kind {name} is declared already"
            )
        else:
            kinds[name] = _kind(name, entry, calendars)
    model = Model(zone=zone, kinds=kinds)
    if leads is not None:
        model = replace(model, lead_times=read_lead_times(leads, model))  # the conditions of totals may ask for them
    return replace(model, totals=read_totals(root, model))


def _kind(name: str, entry: Map, calendars: Mapping[str, Calendar]) -> Kind:
    entry.only(*keys.KIND)
    nodes = _nodes(entry, calendars)
    return Kind(
        name=name,
        label=entry.text("label") or Text.plain(name),
        nodes=nodes,
        fields=dict(_fields(name, entry, nodes)),
        events=dict(_events(entry, nodes)),
        closed_by=_closing(entry, nodes),
    )


def _nodes(entry: Map, calendars: Mapping[str, Calendar]) -> dict[str, Node]:
    found = [(name, body) for key, body in entry.maps("nodes") if (name := _new_node(key)) is not None]
    nodes: dict[str, Node] = {}
    for name, body in found:
        if name in nodes:
            entry.problems.error(
                body.place, "duplicate_key", zh=f"节点 {name} 已声明", en=f"the node {name} is declared already"
            )
            continue
        body.only(*keys.NODE)
        nodes[name] = Node(
            name=name,
            label=body.text("label") or Text.plain(name),
            place=len(nodes),
            types=tuple(dict.fromkeys(_types(body))),
            off_path=body.boolean("off_path") or False,
        )
    for name, body in found:
        lead = _lead(name, body, nodes, calendars)
        if lead is not None:
            nodes[name] = replace(nodes[name], lead=lead)
    return nodes


def _new_node(key: Leaf) -> str | None:
    name = read_name(key)
    return None if name is None or _is_built_in(key) else name


def _types(body: Map) -> Iterator[str]:
    for leaf in body.strings("types") or ():
        if leaf.empty or not leaf.raw:
            wrong(leaf, zh="事件类型", en="an event type")
        elif not _is_built_in(leaf):
            yield nfkc(leaf.raw)


def _is_built_in(leaf: Leaf) -> bool:
    if nfkc(leaf.raw) != _BUILT_IN:
        return False
    leaf.source.problems.error(
        leaf.place,
        "reserved_name",
        zh="updated 是每种实体都有的内置事件类型，只更新字段",
        en="updated is built into every kind: it sets fields and reaches nothing",
    )
    return True


def _lead(name: str, body: Map, nodes: Mapping[str, Node], calendars: Mapping[str, Calendar]) -> LeadTime | None:
    due = body.map("due")
    if due is None:
        return None
    due.only(*keys.DUE)
    after = due.leaf("after", required=True)
    within = due.leaf("within", required=True)
    duration = None if within is None else read_duration(within, calendars)
    start = None if after is None else read_node(after, nodes)
    if after is not None and start == name:
        due.problems.error(
            after.place, "wrong_value", zh=f"{name} 的交期不能从自身算起", en=f"{name} cannot be due after itself"
        )
        return None
    return None if start is None or duration is None else LeadTime(after=start, within=duration)


def read_node(leaf: Leaf, nodes: Mapping[str, Node]) -> str | None:
    """The node that a file names; None, with a problem, where the kind has none of that name."""
    name = nfkc(leaf.raw)
    if name in nodes:
        return name
    end = guess(name, nodes, labels={one.name: one.label for one in nodes.values()})
    leaf.source.problems.error(
        leaf.place, "unknown_node", zh=f"未知的节点 {name}{end.zh}", en=f"unknown node {name}{end.en}"
    )
    return None


def _closing(entry: Map, nodes: Mapping[str, Node]) -> tuple[str, ...]:
    """The closing nodes. One that the kind does not have closes nothing, which is a warning."""
    found: dict[str, None] = {}
    for leaf in entry.strings("closed_by") or ():
        name = nfkc(leaf.raw)
        if name in nodes:
            found[name] = None
        else:
            end = guess(name, nodes)
            leaf.source.problems.warning(
                leaf.place,
                "unknown_node",
                zh=f"没有节点 {name}，它不会关闭任何实体{end.zh}",
                en=f"there is no node {name}, so it closes nothing{end.en}",
            )
    return tuple(found)


def _node_names(entry: Map, key: str, nodes: Mapping[str, Node]) -> tuple[str, ...]:
    names = (read_node(leaf, nodes) for leaf in entry.strings(key) or ())
    return tuple(dict.fromkeys(name for name in names if name is not None))


def _fields(kind: str, entry: Map, nodes: Mapping[str, Node]) -> Iterator[tuple[str, Field]]:
    fields = entry.map("fields")
    seen: set[str] = set()
    for key, one in () if fields is None else ((each.key, each) for each in fields.entries.values()):
        name = read_name(key)
        if name is None:
            continue
        if name in nodes or name in seen:
            report_twice(key, name, kind, "node" if name in nodes else "field")
            continue
        seen.add(name)
        field = _field(name, one)
        if field is not None:
            yield name, field


def _field(name: str, entry: Entry) -> Field | None:
    body = entry.node
    if isinstance(body, Map) and "type" in body:  # no field of a record can be called so
        body.only(*keys.FIELD)
        leaf, label = body.leaf("type"), body.text("label")
    elif isinstance(body, Map):
        return Field(name=name, type=FieldType.RECORDS, columns=dict(_columns(body)))
    else:
        leaf, label = as_leaf(body), None
    type_ = None if leaf is None else _field_type(leaf, _FIELD_TYPES)
    return None if type_ is None else Field(name=name, type=type_, label=label)


def _columns(body: Map) -> Iterator[tuple[str, FieldType]]:
    if not body.entries:
        wrong(body, zh="记录的字段，如 {sku: string}", en="the fields of a record, such as {sku: string}")
    seen: set[str] = set()
    for each in body.entries.values():
        name = read_name(each.key)
        leaf = as_leaf(each.node)
        type_ = None if leaf is None else _field_type(leaf, _COLUMN_TYPES)
        if name is not None and name in seen:
            body.problems.error(
                each.key.place, "duplicate_key", zh=f"字段 {name} 已声明", en=f"the field {name} is declared already"
            )
        elif name is not None and type_ is not None:
            seen.add(name)
            yield name, type_


def _field_type(leaf: Leaf, allowed: tuple[FieldType, ...]) -> FieldType | None:
    for type_ in allowed:
        if leaf.raw == type_.value:
            return type_
    end = guess(leaf.raw, allowed)
    leaf.source.problems.error(
        leaf.place, "unknown_type", zh=f"未知的字段类型 {leaf.raw}{end.zh}", en=f"unknown type {leaf.raw}{end.en}"
    )
    return None


def _events(entry: Map, nodes: Mapping[str, Node]) -> Iterator[tuple[str, EventType]]:
    events = entry.map("events")
    seen: set[str] = set()
    for each in () if events is None else events.entries.values():
        name, body = nfkc(each.key.raw), as_map(each.node)
        if body is None or _is_built_in(each.key):
            continue
        if not name or name in seen:
            wrong(each.key, zh="尚未声明的事件类型", en="an event type that is not declared yet")
            continue
        seen.add(name)
        body.only(*keys.EVENT)
        label = body.text("label") or Text.plain(name)
        yield name, EventType(name=name, label=label, resets=_node_names(body, "resets", nodes))
