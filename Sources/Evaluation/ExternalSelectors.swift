// SPDX-License-Identifier: Apache-2.0
import ContentHash
import Foundation
import PluginHost
import SelectorKit

extension Experiment.SelectorChoice {
    /// A selector by its name, or the command of one in another language.
    init(_ fields: YAMLFields, directory: URL) throws {
        let options = try fields.json("options")
        guard let command = try fields.strings("command") else {
            self.init(label: try fields.string("label"), name: try fields.requiredString("name"), options: options)
            return
        }
        guard !command.isEmpty, !command[0].isEmpty, !command.contains(where: { $0.utf8.contains(0) }) else {
            throw fields.error("command", "Give the program and its arguments: [python3, my_selector.py].")
        }
        let script = URL(fileURLWithPath: command.last ?? "").deletingPathExtension().lastPathComponent
        let label = try fields.string("label") ?? script
        self.init(
            label: label, name: label, options: options,
            program: External(
                command: SelectorCommand(command, directory: directory),
                timeoutSeconds: try fields.positive("timeoutSeconds") ?? 60))
    }
}

extension ChosenSelector {
    /// Starts the program of an external selector.
    init(starting program: Experiment.SelectorChoice.External, for choice: Experiment.SelectorChoice) async throws {
        let selector = try await ProcessSelector.start(
            label: choice.label, command: program.command, options: choice.options,
            timeoutSeconds: program.timeoutSeconds)
        self.init(
            label: choice.label, selector: selector,
            options: try program.command.identity(options: choice.options))
    }
}

extension SelectorCommand {
    /// What the scores of the program depend on as far as it can be seen from outside: an edited script is another selector.
    ///
    /// - Returns: canonical JSON with the command, the options, and the SHA-256 of every file that the command names.
    fileprivate func identity(options: Data?) throws -> String {
        var files: [String: String] = [:]
        for argument in arguments {
            let file = URL(fileURLWithPath: argument, relativeTo: directory)
            let values = try? file.resourceValues(forKeys: [.isRegularFileKey, .fileSizeKey])
            guard values?.isRegularFile == true, (values?.fileSize ?? .max) < 64 << 20,
                let data = try? Data(contentsOf: file)
            else { continue }
            var hash = ContentHash()
            hash.add(data)
            files[argument] = hash.hexDigest()
        }
        let given = try options.map { try JSONSerialization.jsonObject(with: $0) } ?? [String: Any]()
        let identity: [String: Any] = ["command": arguments, "files": files, "options": given]
        let text = try JSONSerialization.data(
            withJSONObject: identity, options: [.sortedKeys, .withoutEscapingSlashes])
        return String(decoding: text, as: UTF8.self)
    }
}
