// SPDX-License-Identifier: Apache-2.0
internal import COpenBLAS
internal import Foundation

/// Which of OpenBLAS' kernels do the work.
///
/// Some versions take processors with AVX-512 for older ones and run at half speed, or, where they do not know a processor at all, for the oldest one
/// ("Prescott") and run at a tenth. The choice is made once, before the first multiplication; `OPENBLAS_CORETYPE` in the environment overrides it.
/// Results differ in the last bits between cores, so a training records its core.
public enum BLASCore {
    /// OpenBLAS' name of the core, such as `SkylakeX`.
    public static let name: String = {
        choose()
        // Work is parallel over batches and models, and sums must not depend on the number of processors.
        openblas_set_num_threads(1)
        return openblas_get_corename().map { String(cString: $0) } ?? "unknown"
    }()

    private static let avx512 = ["avx512f", "avx512bw", "avx512dq", "avx512vl", "avx512cd"]

    private static func choose() {
        guard getenv("OPENBLAS_CORETYPE") == nil,
            let found = openblas_get_corename().map({ String(cString: $0) }),
            ["Haswell", "Zen", "Prescott"].contains(found),
            let text = try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8),
            let flags = text.split(separator: "\n").first(where: { $0.hasPrefix("flags") })?.split(separator: " "),
            avx512.allSatisfy({ flags.contains(Substring($0)) })
        else { return }
        // Only builds with several kernels have these, so they are looked up instead of linked.
        typealias Action = @convention(c) () -> Void
        guard let program = dlopen(nil, RTLD_NOW), let quit = dlsym(program, "gotoblas_dynamic_quit"),
            let start = dlsym(program, "gotoblas_dynamic_init")
        else { return }
        setenv("OPENBLAS_CORETYPE", "SkylakeX", 1)
        unsafeBitCast(quit, to: Action.self)()
        unsafeBitCast(start, to: Action.self)()
        // Programs started from here choose for themselves.
        unsetenv("OPENBLAS_CORETYPE")
    }
}
