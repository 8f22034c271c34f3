// SPDX-License-Identifier: Apache-2.0
public import SelectorKit

/// Small pools that resemble real ones, for tests of selectors.
public enum ExamplePools {
    public static let all: [CandidatePool] = [typical, identical, single, odd]

    public static let problem = Problem(
        id: "example/0", benchmark: "livecodebench", title: "Sum", statement: "Read n and n numbers, print their sum.",
        difficulty: .easy, platform: "example")

    /// Four different programs.
    public static let typical = pool(
        "typical",
        [
            "def main():\n    \"\"\"Read and add.\"\"\"\n    input()\n    print(sum(map(int, input().split())))\n\n\nmain()\n",
            "n = int(input())\nprint(sum(int(x) for x in input().split()))\n",
            "import sys\ndata = sys.stdin.read().split()\nprint(sum(map(int, data)))  # forgets to skip n\n",
            "print(0)\n",
        ])

    public static let identical = pool(
        "identical", Array(repeating: "print(sum(map(int, open(0).read().split()[1:])))\n", count: 3))

    public static let single = pool("single", ["print(0)\n"])

    /// Blank, unparsable, non-ASCII and long programs.
    public static let odd = pool(
        "odd",
        [
            "", " \n\t\n", "def f(:\n  '''never closed", "print('\u{1F600} \u{0000} \u{FEFF}')\r\n",
            String(repeating: "x = 1\n", count: 20_000),
        ])

    /// A pool of `programs` by one model, with made-up token statistics.
    public static func pool(_ name: String, _ programs: [String]) -> CandidatePool {
        CandidatePool(
            name: name, problem: problem,
            candidates: programs.enumerated().map { index, program in
                Candidate(
                    id: CandidateID(model: "example", sample: index), program: program,
                    tokens: TokenStatistics(
                        count: program.utf8.count / 4 + 1, sumLogProb: -0.3 * Double(index + 1),
                        selfCertainty: 4 - 0.5 * Double(index),
                        exact: true))
            })
    }
}
