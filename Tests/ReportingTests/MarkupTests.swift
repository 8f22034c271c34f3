// SPDX-License-Identifier: Apache-2.0
import Foundation
import Testing

@testable import Reporting

@Suite struct MarkupTests {
    private func render(_ markup: Markup) -> String { String(decoding: RenderedMarkup(markup).bytes, as: UTF8.self) }

    @Test func textAndAttributesAreEscapedByConstruction() {
        #expect(
            render(tag("a", ["href": "\"><script>"], "<b> & 'c'"))
                == "<a href=\"&quot;&gt;&lt;script&gt;\">&lt;b&gt; &amp; &#39;c&#39;</a>")
    }

    @Test func voidElementsHaveNoEnd() {
        #expect(render(tag("br")) == "<br>")
        #expect(render(tag("b")) == "<b></b>")
    }

    @Test func controlsBecomeVisible() {
        #expect(render(.text("a\u{0}b\u{1B}c\u{7F}d")) == "a␀b␛c␡d")
        #expect(render(.text("a\r\nb\rc\td")) == "a\nb␍c\td")
    }

    @Test func charactersThatAPageMayNotHoldAreReplaced() {
        #expect(render(.text("a\u{85}b\u{FFFE}c\u{1FFFF}d")) == "a\u{FFFD}b\u{FFFD}c\u{FFFD}d")
    }

    @Test func bidirectionalOverridesCannotDisguiseAProgram() {
        #expect(render(.text("a\u{202E}b\u{2066}c\u{200F}d")) == "a\u{FFFD}b\u{FFFD}c\u{200F}d")
    }

    @Test func allOtherTextStaysAsItIs() {
        let text = "ünï → 🐍 \u{A0} 漢字 e\u{301}"
        #expect(render(.text(text)) == text)
        #expect(render(.text("")) == "")
    }
}
