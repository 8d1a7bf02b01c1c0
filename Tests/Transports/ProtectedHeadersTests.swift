import Foundation
import Testing

@testable import Transports

/// RFC 9788, section 2.2 and the baseline policy of section 3.2.
@Suite struct ProtectedHeadersTests {
  private let fields = [
    (name: "Date", value: "Fri, 27 Mar 2026 22:40:00 +0000"), (name: "From", value: "Waypost <w@waypost.example>"),
    (name: "Subject", value: "=?utf-8?B?TWlzc2luZw==?=\r\n =?utf-8?B?IGNoaWxk?="), (name: "MIME-Version", value: "1.0"),
    (name: "Keywords", value: "missing"), (name: "X-Waypost-Intended", value: "duty\r\nBcc: x@y.example"),
    (name: "HP-Outer", value: "Subject: forged"), (name: "Content-Type", value: "text/html"),
  ]
  private let entity = Array("Content-Type: text/plain;\r\n charset=utf-8\r\nX-Stray: 1\r\n\r\nBody\r\n".utf8)

  @Test func encryptedMailShowsOutsideOnlyWhatItLists() {
    let headers = ProtectedHeaders(
      fields: fields, entity: entity, protection: .cipher, hiding: ["x-waypost-intended"])
    #expect(
      String(decoding: headers.payload, as: UTF8.self)
        == """
        Content-Type: text/plain;
         charset=utf-8;
         hp="cipher"
        Date: Fri, 27 Mar 2026 22:40:00 +0000
        From: Waypost <w@waypost.example>
        Subject: =?utf-8?B?TWlzc2luZw==?=
         =?utf-8?B?IGNoaWxk?=
        Keywords: missing
        X-Waypost-Intended: duty  Bcc: x@y.example
        HP-Outer: Date: Fri, 27 Mar 2026 22:40:00 +0000
        HP-Outer: From: Waypost <w@waypost.example>
        HP-Outer: Subject: [...]

        Body

        """.replacing("\n", with: "\r\n"))
    #expect(headers.outer.map(\.name) == ["Date", "From", "Subject"])
    #expect(headers.outer.map(\.value).last == "[...]")
    #expect(SMIMESealer.isCanonical(headers.payload))
  }

  @Test func signedMailHidesNothing() {
    let headers = ProtectedHeaders(fields: fields, entity: entity, protection: .clear)
    let text = String(decoding: headers.payload, as: UTF8.self)
    #expect(text.hasPrefix("Content-Type: text/plain;\r\n charset=utf-8;\r\n hp=\"clear\"\r\n"))
    #expect(!text.contains("HP-Outer"))
    #expect(headers.outer.map(\.name) == ["Date", "From", "Subject", "Keywords", "X-Waypost-Intended"])
  }

  @Test func theOuterHeaderStandsBeforeTheSealedEntity() {
    let headers = ProtectedHeaders(fields: fields, entity: entity, protection: .cipher, hiding: ["Date"])
    #expect(
      String(decoding: headers.message(around: Array("Content-Type: a/b\r\n\r\nc".utf8)), as: UTF8.self)
        == "From: Waypost <w@waypost.example>\r\nSubject: [...]\r\nX-Waypost-Intended: duty  Bcc: x@y.example\r\n"
        + "MIME-Version: 1.0\r\nContent-Type: a/b\r\n\r\nc")
  }

  @Test func anEntityWithoutTypeIsPlainText() {
    let headers = ProtectedHeaders(fields: [], entity: Array("\r\nBody\r\n".utf8), protection: .clear)
    #expect(
      String(decoding: headers.payload, as: UTF8.self)
        == "Content-Type: text/plain; charset=us-ascii;\r\n hp=\"clear\"\r\n\r\nBody\r\n")
  }
}
