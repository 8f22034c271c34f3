// SPDX-License-Identifier: Apache-2.0
import Fixtures
import Foundation
import Testing

/// One experiment with selectors that fail in every way, and one that does not.
@Suite struct FailingSelectorsTests {
    private static func selector(_ body: String) -> String {
        """
        import json, sys, os, time
        sys.stdin.readline()
        print(json.dumps({"protocol": 1, "selector": {"name": "external", "scope": "candidate"}}), flush=True)
        for line in sys.stdin:
            request = json.loads(line)
            count = len(request["candidates"])
            \(body)
        """
    }

    private static let programs = [
        "dies": #"sys.stderr.write("CUDA out of memory\n"); os._exit(7)"#,
        "nan": #"print('{"id": %d, "scores": [%s]}' % (request["id"], ",".join(["NaN"] * count)), flush=True)"#,
        "count": #"print(json.dumps({"id": request["id"], "scores": [1] * (count + 1)}), flush=True)"#,
        "hangs": "time.sleep(600)",
    ]

    @Test func eachFailsWithOneMessageAndTheOthersGoOn() async throws {
        try await withTemporaryFolder { folder in
            try SmallSet.write(to: folder, pool: SmallSet.good + "\n" + SmallSet.bad)
            for (name, body) in Self.programs {
                try Self.selector(body).write(
                    to: folder.appendingPathComponent("\(name).py"), atomically: true, encoding: .utf8)
            }
            let experiment = """
                benchmark: livecodebench
                problems: problems.jsonl
                pools: [{name: pool, candidates: pool.jsonl}]
                rewardModels: {prm: {served: "http://127.0.0.1:9/v1", model: m}}
                selectors:
                  - {command: [python3, dies.py]}
                  - {command: [python3, nan.py]}
                  - {command: [python3, count.py]}
                  - {command: [python3, hangs.py], timeoutSeconds: 5}
                  - funprm
                  - orm
                  - self-certainty
                  - longest
                outputs: {run: run, html: html}
                """
            try experiment.write(to: folder.appendingPathComponent("e.yaml"), atomically: true, encoding: .utf8)
            let result = try await onOwnThread { try Tool.run(["run", "e.yaml"], in: folder) }
            #expect(result.status == 1, "\(result.errors)")
            let messages = result.errors.components(separatedBy: "bestofn: selector ").dropFirst()
            for (label, expected) in [
                ("dies", "ended with exit code 7. The end of its standard error:\nCUDA out of memory"),
                ("nan", "Scores must be finite"), ("count", "returned 3 scores for the 2 candidates"),
                ("hangs", "did not answer problem 'sum' within 5 s"), ("funprm", "does not answer: connection refused"),
                ("orm", "needs reward model 'orm', and this experiment provides none"),
                ("self-certainty", "has no self-certainty"),
            ] {
                let own = messages.filter { $0.hasPrefix("'\(label)' could not score 1 problem") }
                #expect(own.count == 1, "\(label): \(result.errors)")
                #expect(own.first?.contains(expected) == true, "\(label): \(result.errors)")
            }
            #expect(messages.count == 7)
            #expect(result.output.contains("longest"))
            let page = try String(contentsOf: folder.appendingPathComponent("html/index.html"), encoding: .utf8)
            #expect(page.components(separatedBy: "incomplete: ").count == 8)
        }
    }
}
