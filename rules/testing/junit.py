"""JUnit XML, as CI servers read it: the schema that Jenkins and GitLab take (jenkins-junit, junit-10.xsd).

https://github.com/jenkinsci/xunit-plugin/blob/master/src/main/resources/org/jenkinsci/plugins/xunit/types/model/xsd/junit-10.xsd
"""

import re
from typing import Final
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from rules.errors import Place
from rules.testing.showing import Reader, show_result
from rules.testing.suite import Report, RuleReport

# What XML 1.0 cannot hold, however it is written.
_NO_XML: Final = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def junit_xml(report: Report, reader: Reader, *, strict: bool) -> bytes:
    """One suite a rule, one case a test; tests that cannot be read and (`strict`) that are lacking are cases too."""
    root = Element("testsuites", name="tocsin rules test")
    failures = errors = tests = 0
    for rule in report.rules:
        suite = _suite(root, rule, reader, strict=strict)
        tests += int(suite.get("tests", "0"))
        failures += int(suite.get("failures", "0"))
        errors += int(suite.get("errors", "0"))
    root.attrib.update(tests=str(tests), failures=str(failures), errors=str(errors))
    indent(root)
    text: bytes = tostring(root, encoding="utf-8", xml_declaration=True)
    return text


def _suite(root: Element, rule: RuleReport, reader: Reader, *, strict: bool) -> Element:
    suite = SubElement(root, "testsuite", name=_clean(rule.rule.id), package=_clean(_file(rule)))
    for result in rule.results:
        case = _case(suite, rule, result.case.name.say(reader.language))
        if not result.passed:
            message = reader.say("变化与期望不同", "other changes than expected")
            SubElement(case, "failure", message=message, type="difference").text = _clean(show_result(result, reader))
    for problem in rule.problems:
        case = _case(suite, rule, str(problem.place))
        message = _clean(problem.message.say(reader.language))
        SubElement(case, "error", message=message, type=problem.code).text = f"{problem.place}: {message}"
    lacks = rule.lacks if strict else ()
    for problem in lacks:
        message = _clean(problem.message.say(reader.language))
        case = _case(suite, rule, problem.code)
        SubElement(case, "failure", message=message, type=problem.code).text = f"{problem.place}: {message}"
    suite.set("tests", str(len(rule.results) + len(rule.problems) + len(lacks)))
    suite.set("failures", str(len(rule.failed) + len(lacks)))
    suite.set("errors", str(len(rule.problems)))
    return suite


def _case(suite: Element, rule: RuleReport, name: str) -> Element:
    return SubElement(suite, "testcase", classname=_clean(f"{_file(rule)}:{rule.rule.id}"), name=_clean(name))


def _file(rule: RuleReport) -> str:
    return Place.parse(rule.rule.where).file


def _clean(text: str) -> str:
    return _NO_XML.sub("?", text)
