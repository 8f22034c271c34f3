// SPDX-License-Identifier: Apache-2.0
import Foundation
import LanguageModels
import Testing

@Suite struct HTTPMessageTests {
    @Test func aRequestKeepsWhatItIsGiven() throws {
        let url = try #require(URL(string: "http://localhost/v1/models"))
        let request = HTTPRequest(method: "GET", url: url, headers: ["Accept": "application/json"])
        #expect(request.body == nil && request.headers["Accept"] == "application/json")
    }
}
