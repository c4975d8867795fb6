"""Joining YAML files as text."""

import pytest

from service.packs.outline import join

BASE = """\
# A model.
zone: UTC

kinds:
  order:                 # the main one
    fields:
      amount: number
      # whose it is
      owner: string
    events: {}

  stock:
    label: Stock
# the end
"""


def test_new_keys_come_below_the_last_of_their_level_with_their_comments():
    """A field joins the fields, a kind the kinds, a key of the file the end; all else stays as it was, comments too."""
    addition = """\
kinds:
  order:
    fields:
      # by which it is sorted
      level: string      # A to C

  invoice:               # new
    label: Invoice

totals:
  stock.demand: {of: order}
"""
    assert (
        join(BASE, addition)
        == """\
# A model.
zone: UTC

kinds:
  order:                 # the main one
    fields:
      amount: number
      # whose it is
      owner: string
      # by which it is sorted
      level: string      # A to C
    events: {}

  stock:
    label: Stock

  invoice:               # new
    label: Invoice

totals:
  stock.demand: {of: order}
# the end
"""
    )


def test_what_is_there_already_is_not_written_twice():
    """A key with the same value stays once, whatever its comment says; joining again changes nothing."""
    addition = "kinds:\n  order:\n    fields:\n      amount: number     # in euro\n"
    assert join(BASE, addition) == BASE
    assert join(join(BASE, "a: 1\n"), "a: 1\n") == join(BASE, "a: 1\n")


def test_a_list_that_is_there_already_is_not_written_twice():
    """A list of several lines that is the same in both stays once, though its items begin alike."""
    steps = "chains:\n  orders:\n    steps:\n      - notify: [owner]\n      - wait: 5m\n      - notify: [boss]\n"
    assert join(steps, steps) == steps


def test_another_value_for_a_key_is_an_error():
    """Two files that disagree cannot be joined; the error shows both lines."""
    with pytest.raises(ValueError, match="amount: number and amount: string"):
        join(BASE, "kinds:\n  order:\n    fields:\n      amount: string\n")
