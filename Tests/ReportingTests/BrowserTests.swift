// SPDX-License-Identifier: Apache-2.0
import Foundation
import Metrics
import RunStore
import Testing

@testable import Reporting

/// Opens reports in headless Chromium. Skipped where there is none.
@Suite(.serialized, .enabled(if: Browser.isUsable, "There is no Chromium here that opens a page and has a font."))
struct BrowserTests {
    /// A page beside the report that loads it into a frame of a given width and tells what it finds.
    private func findings(_ page: String, in folder: URL, width: Int) throws -> [String] {
        let probe = folder.appendingPathComponent("probe.html")
        let script = """
            <!doctype html><body style="margin:0"><iframe id="f" src="\(page)" style="border:0;width:\(width)px;height:900px"></iframe>
            <pre id="found"></pre><script>
            const found = [];
            document.getElementById("f").onload = () => {
              const page = document.getElementById("f").contentDocument;
              const root = page.documentElement;
              if (root.scrollWidth > root.clientWidth) found.push("the page is " + root.scrollWidth + " wide");
              for (const e of page.querySelectorAll("p, h1, h2, h3, li, dd, dt, figcaption, label, summary")) {
                if (e.closest(".scroll") || e.closest("details:not([open])") || !e.getClientRects().length) continue;
                if (e.scrollWidth > e.clientWidth + 1 && getComputedStyle(e).display !== "inline")
                  found.push(e.tagName + " overflows: " + e.textContent.slice(0, 60));
                if (e.getBoundingClientRect().right > root.clientWidth + 1) found.push(e.tagName + " sticks out: " + e.textContent.slice(0, 60));
              }
              for (const e of page.querySelectorAll("figure.chart svg text, .panels svg text")) {
                if (!e.getClientRects().length) continue;
                const box = e.getBoundingClientRect(), frame = e.closest("svg").getBoundingClientRect();
                if (box.width && (box.left < frame.left - 2 || box.right > frame.right + 2)) found.push("text leaves its drawing: " + e.textContent);
              }
              const choices = page.querySelectorAll(".choice input");
              for (const c of choices) {
                c.click();
                const shown = [...c.closest(".choice").querySelectorAll(".panel")].filter(p => getComputedStyle(p).display !== "none");
                if (shown.length !== 1) found.push("a choice shows " + shown.length + " panels");
              }
              document.getElementById("found").textContent = "DONE " + choices.length + "\\n" + found.join("\\n");
            };
            </script>
            """
        try Data(script.utf8).write(to: probe)
        let text = try Browser.run([
            "--allow-file-access-from-files", "--virtual-time-budget=20000", "--window-size=1700,1000", "--dump-dom",
            probe.absoluteString,
        ])
        #expect(!text.errors.contains("CONSOLE"), "\(text.errors)")
        let start = try #require(
            text.output.range(of: "<pre id=\"found\">DONE "), "the page did not load: \(text.errors)")
        let end = try #require(text.output.range(of: "</pre>", range: start.upperBound..<text.output.endIndex))
        return text.output[start.upperBound..<end.lowerBound].split(separator: "\n").dropFirst().map(String.init)
    }

    @Test(arguments: [400, 1600])
    func nothingOverflowsAndTheConsoleIsSilent(width: Int) throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("browser-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: folder) }
        let record = SampleRun(pools: ["gpt-4o-mini", "<i>&\"imported\""], selectors: 10, hasGaps: true).record()
        try HTMLReport.write(record: record, tables: RunTables(record: record, resamples: 200), to: folder)
        let found = try findings("index.html", in: folder, width: width)
        #expect(found == [])
    }

    @Test func pagesOfProblemsFitASmallScreen() throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("browser-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: folder) }
        let record = SampleRun(problems: 90, selectors: 4, programLength: 30).record()
        try HTMLReport.write(record: record, tables: RunTables(record: record, resamples: 200), to: folder)
        let pages = try FileManager.default.contentsOfDirectory(atPath: folder.appendingPathComponent("problems").path)
        #expect(pages.count > 1)
        let found = try findings("problems/\(try #require(pages.min()))", in: folder, width: 400)
        #expect(found == [])
    }
}

/// Headless Chromium.
enum Browser {
    static let path: String? = {
        let folders = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":")
        for name in ["chromium", "chromium-browser", "google-chrome"] {
            for folder in folders where FileManager.default.isExecutableFile(atPath: "\(folder)/\(name)") {
                return "\(folder)/\(name)"
            }
        }
        return nil
    }()

    /// Whether it opens a page and sets text in a font: a system without fonts would measure nothing.
    static let isUsable: Bool = {
        guard path != nil else { return false }
        let page = FileManager.default.temporaryDirectory.appendingPathComponent("usable-\(UUID().uuidString).html")
        defer { try? FileManager.default.removeItem(at: page) }
        let script = """
            <!doctype html><body><span id="i">iiiiiiii</span> <span id="w">WWWWWWWW</span><script>
            const [i, w] = ["i", "w"].map(id => document.getElementById(id).offsetWidth);
            document.body.textContent = i > 0 && w > i ? "usable" : "no font";
            </script>
            """
        guard (try? Data(script.utf8).write(to: page)) != nil else { return false }
        return (try? run(["--dump-dom", page.absoluteString]))?.output.contains("<body>usable") == true
    }()

    static func run(_ arguments: [String]) throws -> (output: String, errors: String) {
        let profile = FileManager.default.temporaryDirectory.appendingPathComponent("profile-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: profile) }
        try FileManager.default.createDirectory(at: profile, withIntermediateDirectories: true)
        let errors = profile.appendingPathComponent("errors")
        try Data().write(to: errors)
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments =
            [
                "timeout", "120", path ?? "",
                "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
                "--enable-logging=stderr",
                "--user-data-dir=\(profile.path)",
            ] + arguments
        let output = Pipe()
        process.standardOutput = output
        process.standardError = try FileHandle(forWritingTo: errors)
        try process.run()
        let data = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return (
            String(decoding: data, as: UTF8.self), String(decoding: try Data(contentsOf: errors), as: UTF8.self)
        )
    }
}
