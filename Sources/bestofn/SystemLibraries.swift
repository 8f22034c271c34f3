// SPDX-License-Identifier: Apache-2.0
import CLibXML2
import Foundation
import GRDB

/// What `doctor` tells of the libraries that the program uses or will use.
enum SystemLibraries {
    static var sqlite: String {
        let version = try? DatabaseQueue().read { try String.fetchOne($0, sql: "SELECT sqlite_version()") }
        return version.map { "SQLite \($0)" } ?? "SQLite does not answer"
    }

    static var libxml2: String { "libxml2 \(LIBXML_DOTTED_VERSION)" }

    /// OpenBLAS is loaded only to be asked: nothing in this version computes with it.
    static var openBLAS: (text: String, isPresent: Bool) {
        guard
            let handle = dlopen("libopenblas.so.0", RTLD_NOW | RTLD_LOCAL)
                ?? dlopen("libopenblas.so", RTLD_NOW | RTLD_LOCAL)
        else {
            return ("not found. Install libopenblas-dev.", false)
        }
        typealias TextFunction = @convention(c) () -> UnsafePointer<CChar>?
        func call(_ name: String) -> String? {
            guard let symbol = dlsym(handle, name) else { return nil }
            return unsafeBitCast(symbol, to: TextFunction.self)().map { String(cString: $0) }
        }
        let core = call("openblas_get_corename") ?? "unknown"
        let version = call("openblas_get_config")?.split(separator: " ").prefix(2).joined(separator: " ") ?? "OpenBLAS"
        var text = "\(version), core \(core)"
        if cpuHasAVX512, !["SkylakeX", "Cooperlake", "Sapphirerapids"].contains(core) {
            text += ". This processor has AVX-512: OPENBLAS_CORETYPE=SkylakeX about doubles its speed."
        }
        return (text, true)
    }

    private static var cpuHasAVX512: Bool {
        let info = (try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8)) ?? ""
        guard let flags = info.split(separator: "\n").first(where: { $0.hasPrefix("flags") }) else { return false }
        let words = Set(flags.split(separator: " "))
        return ["avx512f", "avx512bw", "avx512dq", "avx512vl", "avx512cd"].allSatisfy { words.contains($0) }
    }
}
