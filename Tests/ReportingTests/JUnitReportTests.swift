// SPDX-License-Identifier: Apache-2.0
import Foundation
import Metrics
import RunStore
import SelectorKit
import Testing

@testable import Reporting

@Suite struct JUnitReportTests {
    private func encode(_ record: RunRecord) throws -> String {
        String(
            decoding: try JUnitReport.encode(record: record, tables: RunTables(record: record, resamples: 200)),
            as: UTF8.self)
    }

    @Test func everyCaseIsWrittenAsExpected() throws {
        #expect(
            try encode(EachCase.record()) == #"""
                <?xml version="1.0" encoding="UTF-8"?>
                <testsuites name="each &lt;case&gt;" tests="7" failures="2" errors="2" time="4.247">
                  <testsuite name="gpt-4o-mini.funprm" tests="7" failures="2" errors="2" skipped="1" time="4.247">
                    <properties>
                      <property name="selector" value="funprm version 1"/>
                      <property name="options" value="{&quot;aggregation&quot;:&quot;mean&quot;}"/>
                      <property name="verdicts" value="executed"/>
                      <property name="channels" value="harness 7"/>
                      <property name="tampered" value="0"/>
                      <property name="tier" value="namespaces"/>
                      <property name="semantics" value="livecodebench-official"/>
                      <property name="pass@1 percent" value="50.0"/>
                      <property name="random percent" value="50.0"/>
                      <property name="oracle percent" value="100.0"/>
                      <property name="problems" value="4 of 7, 1 errored"/>
                      <property name="complete" value="no"/>
                    </properties>
                    <testcase name="abc000_a" classname="gpt-4o-mini.funprm" time="0.123"/>
                    <testcase name="abc001_d" classname="gpt-4o-mini.funprm" time="2.000">
                      <failure type="wrongAnswer" message="Candidate gpt-4o-mini/1 was chosen: wrong answer: got &quot;1&quot; ��[0m">Candidate gpt-4o-mini/1 was chosen: wrong answer: got &quot;1&quot; ��[0m</failure>
                    </testcase>
                    <testcase name="abc002_f" classname="gpt-4o-mini.funprm" time="2.000">
                      <failure type="wrongAnswer" message="Candidate gpt-4o-mini/0 was chosen: wrong answer: got &quot;1&quot; ��[0m (first of 2 candidates with the highest score, of which 1 passed)">Candidate gpt-4o-mini/0 was chosen: wrong answer: got &quot;1&quot; ��[0m (first of 2 candidates with the highest score, of which 1 passed)</failure>
                    </testcase>
                    <testcase name="abc003_a" classname="gpt-4o-mini.funprm" time="0.123">
                      <system-out>Chosen as first of 2 rejected candidates, of which 1 passed.</system-out>
                    </testcase>
                    <testcase name="abc004_d" classname="gpt-4o-mini.funprm" time="0.000">
                      <error type="infrastructureError" message="Candidate gpt-4o-mini/0 was chosen: infrastructure error: killed">Candidate gpt-4o-mini/0 was chosen: infrastructure error: killed</error>
                    </testcase>
                    <testcase name="abc005_f" classname="gpt-4o-mini.funprm" time="0.000">
                      <skipped message="Candidate gpt-4o-mini/0 was chosen and has no verdict yet.">Candidate gpt-4o-mini/0 was chosen and has no verdict yet.</skipped>
                    </testcase>
                    <testcase name="abc006_a" classname="gpt-4o-mini.funprm" time="0.000">
                      <error type="selectorFailed" message="no server">no server</error>
                    </testcase>
                  </testsuite>
                </testsuites>

                """#)
    }

    @Test func whatWasNotRunIsSkipped() throws {
        var record = EachCase.record()
        record.selectors[0].scores = [:]
        let text = try encode(record)
        #expect(text.contains("tests=\"7\" failures=\"0\" errors=\"0\" skipped=\"7\""))
        #expect(text.contains("<skipped message=\"The selector was not run on this problem.\">"))
    }

    @Test(arguments: [false, true])
    func filesAreValidUnderTheSchema(hasGaps: Bool) throws {
        var sample = SampleRun(pools: ["gpt-4o-mini", "imported"], selectors: 10)
        sample.hasGaps = hasGaps
        let schema = try Data(contentsOf: #require(Bundle.module.url(forResource: "junit", withExtension: "xsd")))
        for record in [sample.record(), EachCase.record()] {
            let data = try JUnitReport.encode(record: record, tables: RunTables(record: record, resamples: 200))
            #expect(ParsedXML.problems(of: data, under: schema) == [])
        }
    }

    @Test func theSchemaFindsWrongTimes() throws {
        let schema = try Data(contentsOf: #require(Bundle.module.url(forResource: "junit", withExtension: "xsd")))
        let text = try encode(EachCase.record()).replacingOccurrences(of: "time=\"2.000\"", with: "time=\"2.00001\"")
        #expect(!ParsedXML.problems(of: Data(text.utf8), under: schema).isEmpty)
    }

    @Test func countsAgreeWithTheTestCases() throws {
        var sample = SampleRun(pools: ["gpt-4o-mini", "imported"], selectors: 4)
        sample.hasGaps = true
        let record = sample.record()
        let parsed = ParsedXML.xml(
            try JUnitReport.encode(record: record, tables: RunTables(record: record, resamples: 200)))
        #expect(parsed.complaints == [])
        let suites = try #require(parsed.root).all("testsuite")
        #expect(suites.count == 8)
        for suite in suites {
            let cases = suite.all("testcase")
            #expect(suite.attributes["tests"] == "\(cases.count)")
            #expect(suite.attributes["failures"] == "\(suite.all("failure").count)")
            #expect(suite.attributes["errors"] == "\(suite.all("error").count)")
            #expect(suite.attributes["skipped"] == "\(suite.all("skipped").count)")
            #expect(Set(cases.compactMap { $0.attributes["name"] }).count == 36)
            #expect(Set(cases.map { $0.attributes["classname"] }) == [suite.attributes["name"]])
        }
    }

    @Test func forbiddenCharactersAreReplaced() {
        #expect(XMLDocument.allowed("a\u{0}\u{B}\u{FFFF}b\t\n\r🐍") == "a\u{FFFD}\u{FFFD}\u{FFFD}b\t\n\r🐍")
        #expect(XMLDocument.allowed("plain") == "plain")
    }
}
