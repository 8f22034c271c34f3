// SPDX-License-Identifier: Apache-2.0
import Foundation

/// Writes arbitrary text so that LaTeX prints it as it is.
///
/// What it gives compiles with pdfLaTeX under `\usepackage[T1]{fontenc}` and `\usepackage{textcomp}`, at any place of a paragraph or a table's cell: it also undoes
/// ligatures, and brackets and stars that would be read as an option of a line end before them. Letters that pdfLaTeX has no glyph for are printed as their
/// code, `U+4E2D`.
enum LaTeXText {
    static func escape(_ text: String) -> String {
        var result = ""
        var previous: Unicode.Scalar?
        for scalar in text.precomposedStringWithCanonicalMapping.unicodeScalars {
            // Pairs of these are ligatures: a dash, a quotation mark.
            if scalar == previous, "-,'".unicodeScalars.contains(scalar) { result += "{}" }
            result += escape(scalar)
            previous = scalar
        }
        return result
    }

    private static func escape(_ scalar: Unicode.Scalar) -> String {
        if let command = commands[scalar] { return command }
        switch scalar.value {
        case 0x20...0x7E, 0xC0...0xD6, 0xD8...0xF6, 0xF8...0xFF: return String(scalar)
        case 0x100...0x17F where !lettersWithoutGlyph.contains(scalar.value): return String(scalar)
        case 0x09, 0x0A, 0x0D: return " "
        case 0x200B...0x200F, 0x202A...0x202E, 0x2060, 0xFEFF: return ""
        case 0x00..<0x20, 0x7F..<0xA0: return ""
        default: return String(format: "\\texttt{U+%04X}", scalar.value)
        }
    }

    /// Letters of Latin Extended-A that the T1 fonts lack.
    private static let lettersWithoutGlyph: Set<UInt32> = [
        0x126, 0x127, 0x138, 0x13F, 0x140, 0x149, 0x166, 0x167, 0x17F,
    ]

    private static let commands: [Unicode.Scalar: String] = {
        var commands: [Unicode.Scalar: String] = [
            "\\": "\\textbackslash{}", "{": "\\{", "}": "\\}", "$": "\\$", "&": "\\&", "#": "\\#", "%": "\\%",
            "_": "\\_", "~": "\\textasciitilde{}", "^": "\\textasciicircum{}", "<": "\\textless{}",
            ">": "\\textgreater{}", "|": "\\textbar{}", "\"": "\\textquotedbl{}", "`": "\\textasciigrave{}",
            "[": "{[}", "]": "{]}", "*": "{*}",
            "\u{A0}": "~", "\u{202F}": "\\,", "\u{2009}": "\\,", "–": "--", "—": "---", "‑": "-", "…": "\\dots{}",
            "‘": "\\textquoteleft{}", "’": "\\textquoteright{}", "“": "\\textquotedblleft{}",
            "”": "\\textquotedblright{}", "„": "\\quotedblbase{}", "«": "\\guillemotleft{}", "»": "\\guillemotright{}",
            "†": "\\textdagger{}", "‡": "\\textdaggerdbl{}", "§": "\\S{}", "©": "\\textcopyright{}",
            "®": "\\textregistered{}", "™": "\\texttrademark{}", "°": "\\textdegree{}", "µ": "\\textmu{}",
            "€": "\\texteuro{}", "•": "\\textbullet{}",
            "−": "$-$", "×": "$\\times$", "÷": "$\\div$", "±": "$\\pm$", "·": "$\\cdot$", "≤": "$\\le$", "≥": "$\\ge$",
            "≠": "$\\ne$", "≈": "$\\approx$", "→": "$\\to$", "←": "$\\leftarrow$", "∞": "$\\infty$", "∑": "$\\sum$",
        ]
        let lower: [(Unicode.Scalar, String)] = [
            ("α", "alpha"), ("β", "beta"), ("γ", "gamma"), ("δ", "delta"), ("ε", "varepsilon"), ("ζ", "zeta"),
            ("η", "eta"), ("θ", "theta"), ("ι", "iota"), ("κ", "kappa"), ("λ", "lambda"), ("μ", "mu"), ("ν", "nu"),
            ("ξ", "xi"), ("π", "pi"), ("ρ", "rho"), ("σ", "sigma"), ("τ", "tau"), ("υ", "upsilon"), ("φ", "varphi"),
            ("χ", "chi"), ("ψ", "psi"), ("ω", "omega"), ("Γ", "Gamma"), ("Δ", "Delta"), ("Θ", "Theta"),
            ("Λ", "Lambda"), ("Ξ", "Xi"), ("Π", "Pi"), ("Σ", "Sigma"), ("Φ", "Phi"), ("Ψ", "Psi"), ("Ω", "Omega"),
        ]
        for (letter, name) in lower { commands[letter] = "$\\\(name)$" }
        return commands
    }()
}
