"""Tests are functions named as sentences: @test marks one, the runner finds and runs them.

A module may have `domain = False`: its tests get none. Otherwise they share one domain with a
served LMA, made before the first and checked after each.
"""
import functools


class Skip(Exception):
    """This machine cannot show it; says why."""


def test(function):
    function.is_sentence = True
    return function


def same(what, got, wanted):
    if got != wanted:
        raise AssertionError(f"{what}: {got!r}, wanted {wanted!r}")


def true(what, value):
    if not value:
        raise AssertionError(what)


@functools.lru_cache(maxsize=None)
def sentence(name):
    return name.replace("_", " ")
