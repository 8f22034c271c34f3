// SPDX-License-Identifier: Apache-2.0
import Datasets
public import Execution
public import Foundation
import Yams

extension Experiment {
    /// Reads an experiment file.
    ///
    /// - Parameter overrides: `path=value` texts, such as `execution.workers=2` or `pools.0.name=x`, applied before anything is read; the value is YAML.
    /// - Throws: `DataError` naming file, line and key; an unknown key is an error that names the nearest known one.
    public init(file: URL, overrides: [String] = []) throws {
        let text: String
        do {
            text = try String(contentsOf: file, encoding: .utf8)
        } catch {
            throw DataError(
                file: file.relativePath, message: "The experiment file cannot be read: \(error.localizedDescription)")
        }
        try self.init(
            yaml: text, name: file.relativePath, directory: file.deletingLastPathComponent(), overrides: overrides)
    }

    /// - Parameters:
    ///   - name: the file's name in messages.
    ///   - directory: what relative paths are relative to.
    public init(yaml: String, name file: String, directory: URL, overrides: [String] = []) throws {
        var node: Node
        do {
            guard let composed = try Yams.compose(yaml: yaml) else {
                throw DataError(file: file, message: "The experiment file is empty.")
            }
            node = composed
        } catch let error as YamlError {
            throw DataError(file: file, line: error.line, message: "The file is not valid YAML: \(error.problem)")
        }
        for override in overrides { try node.apply(override: override) }
        let root = try YAMLFields(node, file: file, path: "")

        func url(_ path: String) -> URL {
            path.hasPrefix("/")
                ? URL(fileURLWithPath: path) : directory.appendingPathComponent(path).standardizedFileURL
        }

        name = try root.string("name") ?? (file as NSString).lastPathComponent
        guard let benchmark = try root.choice("benchmark", Benchmark.self) else {
            throw root.error(
                "benchmark",
                "The key is missing. Available: \(Benchmark.allCases.map(\.rawValue).joined(separator: ", ")).")
        }
        self.benchmark = benchmark
        guard let problems = try root.strings("problems"), !problems.isEmpty else {
            throw root.error("problems", "Give the benchmark's problem file or files.")
        }
        self.problems = problems.map(url)

        subset = Subset()
        if let fields = try root.fields("subset") {
            subset.from = try fields.day("from")
            subset.to = try fields.day("to")
            subset.ids = try fields.string("ids").map(url)
            subset.limit = try fields.integer("limit", in: 1...Int.max)
            subset.prompt = try fields.choice("prompt", PromptStyle.self) ?? .instruct
            try fields.finish()
        }

        expect = try root.fields("expect").map { try ExpectedProblems($0) }

        let seed = UInt64(try root.integer("seed") ?? 0)
        self.seed = seed
        guard let pools = try root.list("pools"), !pools.isEmpty else {
            throw root.error("pools", "Give at least one pool of candidates.")
        }
        self.pools = []
        for (index, item) in pools.enumerated() {
            let fields = try YAMLFields(item, file: file, path: "pools[\(index)]")
            guard let candidates = try fields.strings("candidates"), !candidates.isEmpty else {
                throw fields.error("candidates", "Give the pool's candidate file or files.")
            }
            let pool = Pool(
                name: try fields.string("name") ?? (candidates[0] as NSString).lastPathComponent,
                candidates: candidates.map(url),
                verdicts: try fields.choice("verdicts", Pool.Verdicts.self) ?? .executed,
                generation: try fields.fields("generate").map { try GenerationChoice($0, seed: seed, url: url) })
            try fields.finish()
            guard pool.generation == nil || pool.candidates.count == 1 else {
                throw fields.error("candidates", "A pool that is generated has one file.")
            }
            guard !self.pools.contains(where: { $0.name == pool.name }) else {
                throw fields.error("name", "Two pools are called '\(pool.name)'. Give each its own name.")
            }
            self.pools.append(pool)
        }

        execution = Execution()
        if let fields = try root.fields("execution") {
            execution.settings.semantics = try fields.choice("semantics", Semantics.self) ?? .official
            execution.settings.clock = try fields.choice("clock", Clock.self) ?? .cpu
            execution.settings.secondsPerTest = try fields.positive("secondsPerTest")
            execution.settings.memoryBytes = try fields.positive("memoryMegabytes").map { Int($0 * 1_048_576) }
            execution.sandbox = try fields.sandbox()
            execution.python = try fields.string("python") ?? "python3"
            execution.workers = try fields.workers()
            try fields.finish()
        }

        for (role, fields) in try root.roles("rewardModels") {
            rewardModels[role] = try RewardModelChoice(fields, url: url)
        }
        for (role, fields) in try root.roles("languageModels") {
            languageModels[role] = try LanguageModelChoice(fields)
        }
        generatedTests = try (root.strings("generatedTests") ?? []).map(url)

        selectors = []
        for (index, item) in (try root.list("selectors") ?? []).enumerated() {
            let choice: SelectorChoice
            if let name = item.scalar?.string {
                choice = SelectorChoice(name: name)
            } else {
                let fields = try YAMLFields(item, file: file, path: "selectors[\(index)]")
                choice = try SelectorChoice(fields, directory: directory)
                try fields.finish()
            }
            guard !selectors.contains(where: { $0.label == choice.label }) else {
                throw root.error("selectors", "Two selectors are called '\(choice.label)'. Give one of them a 'label'.")
            }
            selectors.append(choice)
        }

        split = try root.fields("split").map { try Split($0, url: url) }
        denoising = try root.fields("denoising").map { try DenoisingChoice($0, url: url) }
        for (index, item) in (try root.list("ablation") ?? []).enumerated() {
            let fields = try YAMLFields(item, file: file, path: "ablation[\(index)]")
            let row = AblationRow(
                label: try fields.requiredString("label"), selector: try fields.requiredString("selector"),
                pool: try fields.string("pool") ?? self.pools[0].name)
            try fields.finish()
            guard selectors.contains(where: { $0.label == row.selector }) else {
                throw fields.error(
                    "selector", unknownName(row.selector, kind: "selector", available: selectors.map(\.label)))
            }
            guard self.pools.contains(where: { $0.name == row.pool }) else {
                throw fields.error("pool", unknownName(row.pool, kind: "pool", available: self.pools.map(\.name)))
            }
            guard !ablation.contains(where: { $0.label == row.label }) else {
                throw fields.error("label", "Two rows are called '\(row.label)'. Give each its own label.")
            }
            ablation.append(row)
        }
        for pool in self.pools {
            if let role = pool.generation?.languageModel, languageModels[role] == nil {
                throw root.error(
                    "pools",
                    "Pool '\(pool.name)' is generated by language model '\(role)'. "
                        + unknownName(role, kind: "language model", available: languageModels.keys.sorted()))
            }
        }
        subsets = try root.integer("subsets", in: 0...10_000) ?? 0
        let stem = ((file as NSString).lastPathComponent as NSString).deletingPathExtension
        outputs = Outputs(run: url("runs/\(stem)"))
        if let fields = try root.fields("outputs") {
            outputs.run = try fields.string("run").map(url) ?? outputs.run
            outputs.html = try fields.string("html").map(url)
            outputs.junit = try fields.string("junit").map(url)
            try fields.finish()
        }
        try root.finish()
    }
}

extension YAMLFields {
    func day(_ key: String) throws -> String? {
        guard let text = try string(key) else { return nil }
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        guard text.utf8.count == 10, parts.map(\.count) == [4, 2, 2], parts.allSatisfy({ $0.allSatisfy(\.isNumber) })
        else {
            throw error(key, "Expected a day such as 2024-08-01, not '\(text)'.")
        }
        return text
    }

    func notNegative(_ key: String) throws -> Double? {
        guard let value = try number(key) else { return nil }
        guard value >= 0 else { throw error(key, "Expected a number of at least 0.") }
        return value
    }

    func boolean(_ key: String) throws -> Bool? {
        guard let node = node(key) else { return nil }
        guard let value = node.bool else { throw error(key, "Expected true or false.") }
        return value
    }

    func positive(_ key: String) throws -> Double? {
        guard let value = try number(key) else { return nil }
        guard value > 0 else { throw error(key, "Expected a number above 0.") }
        return value
    }

    fileprivate func sandbox() throws -> SandboxTier? {
        guard let text = try string("sandbox"), text != "auto" else { return nil }
        guard let tier = SandboxTier(argument: text) else {
            throw error("sandbox", unknownName(text, kind: "value", available: ["auto", "T3", "T2", "T1", "none"]))
        }
        return tier
    }

    fileprivate func workers() throws -> Int? {
        if let text = try? string("workers"), text == "auto" { return nil }
        return try integer("workers", in: 1...1024)
    }

    /// A mapping as JSON.
    func json(_ key: String) throws -> Data? {
        guard let node = node(key) else { return nil }
        guard let value = node.any as? [AnyHashable: Any], let object = stringKeyed(value) as? [String: Any],
            JSONSerialization.isValidJSONObject(object)
        else {
            throw error(key, "Expected named values (key: value).")
        }
        return try JSONSerialization.data(withJSONObject: object, options: [.sortedKeys])
    }

    private func stringKeyed(_ value: Any) -> Any {
        if let mapping = value as? [AnyHashable: Any] {
            var object: [String: Any] = [:]
            for (key, value) in mapping { object["\(key.base)"] = stringKeyed(value) }
            return object
        }
        if let list = value as? [Any] { return list.map { stringKeyed($0) } }
        return value
    }
}

extension SandboxTier {
    /// A tier by the name that users type: `T3`, `T2`, `T1` or `none`.
    public init?(argument: String) {
        switch argument {
        case "none": self = .none
        case "T1", "T2", "T3": self.init(rawValue: argument)
        default: return nil
        }
    }
}

extension Node {
    /// Sets the value at `path=value`; list items are addressed by their index.
    fileprivate mutating func apply(override text: String) throws {
        guard let equals = text.firstIndex(of: "="), equals != text.startIndex else {
            throw DataError(file: "--set \(text)", message: "Expected path=value, such as execution.workers=2.")
        }
        let path = text[..<equals].split(separator: ".").map(String.init)
        let value: Node
        do {
            value = try Yams.compose(yaml: String(text[text.index(after: equals)...])) ?? Node("")
        } catch {
            throw DataError(file: "--set \(text)", message: "The value is not valid YAML.")
        }
        try set(path[...], to: value, override: text)
    }

    private mutating func set(_ path: ArraySlice<String>, to value: Node, override text: String) throws {
        guard let key = path.first else {
            self = value
            return
        }
        switch self {
        case .mapping(var mapping):
            var child = mapping[key] ?? Node([(Node, Node)]())
            try child.set(path.dropFirst(), to: value, override: text)
            mapping[key] = child
            self = .mapping(mapping)
        case .sequence(var sequence):
            guard let index = Int(key), sequence.indices.contains(index) else {
                throw DataError(
                    file: "--set \(text)",
                    message: "'\(key)' is not an index of a list of \(sequence.count) items (from 0).")
            }
            try sequence[index].set(path.dropFirst(), to: value, override: text)
            self = .sequence(sequence)
        default:
            throw DataError(file: "--set \(text)", message: "'\(key)' lies below a value that has no parts.")
        }
    }
}

extension YamlError {
    fileprivate var line: Int? {
        switch self {
        case .reader(_, _, _, _): nil
        case .scanner(_, _, let mark, _), .parser(_, _, let mark, _), .composer(_, _, let mark, _): mark.line
        default: nil
        }
    }

    fileprivate var problem: String {
        switch self {
        case .scanner(_, let problem, _, _), .parser(_, let problem, _, _), .composer(_, let problem, _, _):
            problem + "."
        case .reader(let problem, _, _, _): problem + "."
        default: "\(self)"
        }
    }
}
