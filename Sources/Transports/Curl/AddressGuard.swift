import Delivery
import Foundation

/// Which addresses lie in the open internet, so that no URL leads the gateway into its own network (SSRF).
///
/// Guarantee: public is only what the IANA registries give to the open internet, whatever form it comes in. An address
/// that stands for another one (IPv4-mapped, NAT64, 6to4, Teredo) is as public as that one; what is not an address, or
/// of no known kind, is not public.
enum AddressGuard {
  static let refusal = Fault(
    .policy,
    "the host's address is not public, and nothing was sent: if the endpoint is meant to be inside your own network, write "
      + "`network: private` beside `webhook` in the directory")

  /// `text`: an address in decimal or hexadecimal notation, without brackets.
  static func isPublic(_ text: String) -> Bool {
    for (family, count) in [(AF_INET, 4), (AF_INET6, 16)] {
      var bytes = [UInt8](repeating: 0, count: count)
      if inet_pton(family, text, &bytes) == 1 { return isPublic(bytes[...]) }
    }
    return false
  }

  /// `bytes`: 4 of IPv4 or 16 of IPv6, as they go over the wire.
  static func isPublic(_ bytes: ArraySlice<UInt8>) -> Bool {
    switch bytes.count {
    case 4: return !reserved4.contains { $0.holds(bytes) }
    case 16: return isPublic6(bytes)
    default: return false
    }
  }

  private static func isPublic6(_ bytes: ArraySlice<UInt8>) -> Bool {
    let start = bytes.startIndex
    if mapped.holds(bytes) || nat64.holds(bytes) { return isPublic(bytes[(start + 12)...]) }
    if sixToFour.holds(bytes) { return isPublic(bytes[(start + 2)..<(start + 6)]) }
    if teredo.holds(bytes) {
      let client = bytes[(start + 12)...].map { ~$0 }
      return isPublic(bytes[(start + 4)..<(start + 8)]) && isPublic(client[...])
    }
    return global6.holds(bytes) && !reserved6.contains { $0.holds(bytes) }
  }

  /// The first bits of an address.
  private struct Block {
    let bytes: [UInt8]
    let bits: Int

    init(_ bytes: [UInt8], _ bits: Int) {
      self.bytes = bytes
      self.bits = bits
    }

    func holds(_ address: ArraySlice<UInt8>) -> Bool {
      zip(bytes, address).enumerated().allSatisfy { index, pair in
        let rest = bits - index * 8
        let mask: UInt8 = rest >= 8 ? 0xff : rest <= 0 ? 0 : ~(0xff >> UInt8(rest))
        return (pair.0 ^ pair.1) & mask == 0
      }
    }
  }

  /// IANA IPv4 Special-Purpose Address Registry (RFC 6890), multicast and what is reserved.
  private static let reserved4 = [
    Block([0], 8),  // this network
    Block([10], 8), Block([172, 16], 12), Block([192, 168], 16),  // private (RFC 1918)
    Block([100, 64], 10),  // shared with the provider (RFC 6598)
    Block([127], 8),  // loopback
    Block([169, 254], 16),  // link-local, and the metadata of clouds
    Block([192, 0, 0], 24),  // protocol assignments
    Block([192, 0, 2], 24), Block([198, 51, 100], 24), Block([203, 0, 113], 24),  // documentation
    Block([192, 88, 99], 24),  // relays of 6to4
    Block([198, 18], 15),  // benchmarks
    Block([224], 4), Block([240], 4),  // multicast, reserved, broadcast
  ]

  /// IPv4 inside IPv6.
  private static let mapped = Block([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff], 96)
  private static let nat64 = Block([0, 0x64, 0xff, 0x9b, 0, 0, 0, 0, 0, 0, 0, 0], 96)
  private static let sixToFour = Block([0x20, 0x02], 16)
  private static let teredo = Block([0x20, 0x01, 0, 0], 32)

  /// Global unicast. Outside it lie ::, ::1, IPv4-compatible, 64:ff9b:1::/48, fc00::/7, fe80::/10, fec0::/10, ff00::/8.
  private static let global6 = Block([0x20], 3)
  /// IANA IPv6 Special-Purpose Address Registry, within global unicast.
  private static let reserved6 = [
    Block([0x20, 0x01, 0], 23),  // protocol assignments, ORCHID and benchmarks among them
    Block([0x20, 0x01, 0x0d, 0xb8], 32), Block([0x3f, 0xff, 0], 20),  // documentation
  ]
}
