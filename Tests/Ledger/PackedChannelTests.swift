import Delivery
import Routing
import Testing

@testable import Ledger

/// What is owed keeps the channels that it was made with, over a restart and over an upgrade.
@Suite struct PackedChannelTests {
  private let token = TokenRequest(url: "https://t.example/", client: "a=b c", secret: "board", scope: "events:write")

  @Test func aWebhookComesBackAsItWas() {
    let channels: [Channel] = [
      .webhook(url: "https://h.example/?a=b", secret: "derby"),
      .webhook(WebhookChannel(url: "https://h.example/", secret: nil, signature: .ed25519)),
      .webhook(WebhookChannel(url: "https://h.example/", secret: "derby", asksConsent: true, isPrivate: true)),
      .webhook(
        WebhookChannel(
          url: "https://h.example/", secret: "derby", signature: .both, asksConsent: true, client: "gateway",
          token: token, isPrivate: true)),
      .phone("01632 960101"),
    ]
    #expect(Packed.channels(Packed.channels(channels)) == channels)
  }

  @Test func whatAnEarlierVersionWroteIsRead() {
    #expect(
      Packed.channels("webhook\u{1f}https://h.example/\u{1f}derby") == [
        .webhook(url: "https://h.example/", secret: "derby")
      ])
    #expect(
      Packed.channels([.webhook(url: "https://h.example/", secret: "s")]) == "webhook\u{1f}https://h.example/\u{1f}s")
  }
}
