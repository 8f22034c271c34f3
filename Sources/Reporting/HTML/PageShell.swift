// SPDX-License-Identifier: Apache-2.0
import Foundation

/// A whole page around its content: head, style, and a policy under which it can load nothing.
struct PageShell {
    var title: String
    var content: Markup

    func data() -> Data {
        var bytes = [UInt8]("<!doctype html>\n<html lang=\"en\">".utf8)
        head.append(to: &bytes)
        tag("body") {
            tag("a", ["class": "skip", "href": "#main"], "Skip to the content")
            tag("main", ["id": "main"]) { content }
        }.append(to: &bytes)
        bytes += "\n</html>\n".utf8
        return Data(bytes)
    }

    private var head: Markup {
        tag("head") {
            tag("meta", ["charset": "utf-8"])
            tag("meta", ["name": "viewport", "content": "width=device-width, initial-scale=1"])
            // Even if a program's text were taken for markup, it could neither run nor send anything.
            tag(
                "meta",
                [
                    "http-equiv": "Content-Security-Policy",
                    "content":
                        "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'",
                ])
            tag("meta", ["name": "color-scheme", "content": "light dark"])
            tag("meta", ["name": "generator", "content": ReportFiles.generator])
            tag("link", ["rel": "icon", "href": "data:,"])
            tag("title", title)
            Markup.style(pageStyle)
        }
    }
}

/// A wide table scrolls within this instead of widening the page; it takes the keyboard's focus, so that it can be scrolled without a mouse.
func scrolling(labelledBy id: String, @MarkupBuilder content: () -> [Markup]) -> Markup {
    tag("div", ["class": "scroll", "role": "region", "aria-labelledby": id, "tabindex": "0"], content: content)
}

/// A number as it reads best on a page: with a true minus sign.
func typographic(_ number: String) -> String { number.hasPrefix("-") ? "−" + number.dropFirst() : number }
