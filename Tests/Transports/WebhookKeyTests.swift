import Delivery
import Foundation
import Routing
import TestKit
import Testing

@testable import Transports

/// What leaves is checked by others: v1 by the public library, v1a by openssl.
@Suite struct WebhookKeyTests {
  private let body = Array(
    #"{"specversion":"1.0","id":"nt-1","source":"https://gw.example","type":"missing.reported"}"#.utf8)

  /// Which of the secrets and keys find a signature that holds.
  private func check(_ header: String, _ checks: [JSONValue]) throws -> [Bool] {
    let request: JSONValue = [
      "headers": [
        "webhook-id": "nt-1", "webhook-timestamp": .string("\(Sample.now.seconds)"),
        "webhook-signature": .string(header), "content-type": "application/cloudevents+json",
      ],
      "body": .string(Data(body).base64EncodedString()), "now": .number(Double(Sample.now.seconds)),
    ]
    let lines = checks.map { request.merged(with: $0).serialized + "\n" }.joined()
    let result = try Shell.run(
      "\(Repository.root)/.venv/bin/python", ["\(Repository.root)/Tests/Support/check_webhook.py"], input: lines)
    return try result.output.split(separator: "\n").map { try JSONValue(parsing: $0.utf8)["ok"] == true }
  }

  private func header(_ secrets: [String] = [], _ keys: [String] = []) throws -> String {
    let signer = WebhookSigner(
      secrets: try secrets.map { try #require(WebhookSecret($0)) },
      keys: try keys.map { try #require(WebhookSigningKey($0)) })
    return try signer.header(id: "nt-1", timestamp: Sample.now.seconds, body: body)
  }

  private func publicKey(_ text: String) throws -> JSONValue {
    .string(try #require(WebhookSigningKey(text)).publicText)
  }

  @Test func othersVerifyWhatAKeySigned() throws {
    let (key, stranger) = (WebhookSigningKey.generate(), WebhookSigningKey.generate())
    let header = try header([], [key])
    #expect(header.hasPrefix("v1a,") && !header.contains(" "))
    #expect(try check(header, [["key": publicKey(key)], ["key": publicKey(stranger)]]) == [true, false])
  }

  /// Test 1 of RFC 8032 section 7.1: the key that belongs to that seed.
  @Test func aSeedHasItsPublicKey() throws {
    let seed = try #require(Data(hex: "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60"))
    let known = try #require(Data(hex: "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"))
    let key = try #require(WebhookSigningKey("whsk_" + seed.base64EncodedString()))
    #expect(key.publicText == "whpk_" + known.base64EncodedString())
    #expect(WebhookSigningKey("whsk_" + (seed + known).base64EncodedString())?.publicText == key.publicText)
    #expect(WebhookSigningKey("whsk_" + (seed + seed).base64EncodedString()) == nil)
    #expect(WebhookSigningKey("whsk_" + seed.dropLast().base64EncodedString()) == nil)
    #expect(WebhookSigningKey(seed.base64EncodedString()) == nil)
    // RFC 8037 appendix A.3 has the thumbprint of this very key.
    #expect(key.document["kid"] == "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k")
    #expect(key.document["x"] == "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo")
  }

  /// A receiver with only the old key and one with only the new both find theirs; after the next change the old is gone.
  @Test func whileAKeyChangesBothSign() throws {
    let first = WebhookKeys.rotated("")
    let second = WebhookKeys.rotated(first)
    let third = WebhookKeys.rotated(second)
    let words = second.split(separator: "\n").map(String.init)
    #expect(words.count == 2 && words.last.map { $0 + "\n" } == first)
    #expect(!third.contains(first.dropLast()))
    let keys = try #require(WebhookKeys(second))
    let signed = try WebhookSigner(secrets: [], keys: keys.keys).header(
      id: "nt-1", timestamp: Sample.now.seconds, body: body)
    #expect(try check(signed, words.map { ["key": try publicKey($0)] }) == [true, true])
    #expect(WebhookKeys("") == nil)
    #expect(WebhookKeys(second + first) == nil)
    #expect(WebhookKeys(first + "whsk_AAAA") == nil)
  }

  @Test func theKeySetIsPublic() throws {
    let text = WebhookKeys.rotated(WebhookKeys.rotated(""))
    let document = try #require(WebhookKeys(text)).document
    let keys = try #require(document["keys"]?.items)
    #expect(keys.count == 2 && Set(keys.map { $0["kid"]?.text }).count == 2)
    for key in keys {
      #expect(key["kty"] == "OKP" && key["crv"] == "Ed25519" && key["use"] == "sig" && key["alg"] == "EdDSA")
      #expect(key["d"] == nil)
    }
    #expect(try document["whpk"]?.items == text.split(separator: "\n").map { try publicKey(String($0)) })
    #expect(!document.serialized.contains("whsk_"))
  }

  @Test func whileASecretChangesBothSign() throws {
    let (new, old) = (WebhookSecret.generate(), WebhookSecret.generate())
    for text in ["\(new)\n\(old)\n", "\(new) \(old)"] {
      let secrets = try #require(WebhookSecret.list(text))
      let header = try WebhookSigner(secrets: secrets, keys: []).header(
        id: "nt-1", timestamp: Sample.now.seconds, body: body)
      let checks: [JSONValue] = [
        ["secret": .string(new)], ["secret": .string(old)], ["secret": .string(WebhookSecret.generate())],
      ]
      #expect(try check(header, checks) == [true, true, false])
    }
    #expect(WebhookSecret.list("") == nil)
    #expect(WebhookSecret.list("\(new) short") == nil)
    #expect(WebhookSecret.list("\(new) \(old) \(new)") == nil)
  }

  @Test func aSecretAndAKeyStandSideBySide() throws {
    let (secret, key) = (WebhookSecret.generate(), WebhookSigningKey.generate())
    let checks: [JSONValue] = [["secret": .string(secret), "key": try publicKey(key)]]
    #expect(try check(try header([secret], [key]), checks) == [true])
    #expect(try check(try header([secret]), checks) == [false])
    #expect(try check(try header([], [key]), checks) == [false])
  }
}

extension Data {
  fileprivate init?(hex: String) {
    let digits = Array(hex.utf8)
    let bytes = stride(from: 0, to: digits.count - 1, by: 2).compactMap {
      UInt8(String(decoding: digits[$0...($0 + 1)], as: UTF8.self), radix: 16)
    }
    guard bytes.count * 2 == digits.count else { return nil }
    self = Data(bytes)
  }
}
