import Delivery
import Foundation
import Routing
import TestKit
import Testing

@testable import Transports

@Suite struct AddressGuardTests {
  @Test(arguments: [
    "0.0.0.0", "0.1.2.3", "10.0.0.1", "10.255.255.255", "100.64.0.1", "100.127.255.255", "127.0.0.1", "127.255.255.254",
    "169.254.0.1", "169.254.169.254", "172.16.0.1", "172.31.255.255", "192.0.0.8", "192.0.2.1", "192.88.99.1",
    "192.168.0.1", "198.18.0.1", "198.19.255.255", "198.51.100.7", "203.0.113.9", "224.0.0.1", "239.255.255.255",
    "240.0.0.1", "255.255.255.255",
  ])
  func anAddressOfNoPublicPlaceIsRefused(_ address: String) { #expect(!AddressGuard.isPublic(address)) }

  @Test(arguments: [
    "1.1.1.1", "9.255.255.255", "11.0.0.0", "100.63.255.255", "100.128.0.0", "126.255.255.255", "128.0.0.1",
    "169.253.255.255", "169.255.0.0", "172.15.255.255", "172.32.0.0", "192.0.1.1", "192.167.255.255", "192.169.0.0",
    "198.17.255.255", "198.20.0.0", "223.255.255.255",
  ])
  func itsNeighboursAreNot(_ address: String) { #expect(AddressGuard.isPublic(address)) }

  /// IPv4 written as IPv6 is as public as it is itself.
  @Test(arguments: [
    "::", "::1", "::127.0.0.1", "::8.8.8.8", "fc00::1", "fd12:3456::1", "fe80::1", "febf::1", "fec0::1", "ff02::1",
    "100::1", "2001:db8::1", "3fff::1", "3fff:fff::1", "2001:2::1", "2001:10::1", "2001:20::1", "4000::1",
    "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:7f00:1", "64:ff9b::10.0.0.1", "64:ff9b::a9fe:a9fe",
    "64:ff9b:1::8.8.8.8", "2002:7f00:1::1", "2002:c0a8:101::1", "2001:0:4136:e378:8000:63bf:f5ff:fffe",
    "2001:0:4136:e378:8000:63bf:3fff:fdd2", "2001:0:a00:1:8000:63bf:f7f7:f7f7",
  ])
  func soIsOneOfIPv6(_ address: String) { #expect(!AddressGuard.isPublic(address)) }

  @Test(arguments: [
    "2606:4700:4700::1111", "2a00:1450::1", "2001:4860:4860::8888", "2001:200::1", "3ffe:ffff::1", "::ffff:8.8.8.8",
    "64:ff9b::8.8.8.8", "2002:808:808::1", "2001:0:4136:e378:8000:63bf:f7f7:f7f7",
  ])
  func publicOnesOfIPv6AreTaken(_ address: String) { #expect(AddressGuard.isPublic(address)) }

  /// Whatever is not plainly an address is no public one, however others might read it.
  @Test(arguments: [
    "", "2130706433", "0x08080808", "010.8.8.8", "8.8", "8.8.8.8.", "8.8.8.8/8", "fe80::1%eth0", "[::1]",
  ])
  func whatIsNoAddressIsRefused(_ text: String) { #expect(!AddressGuard.isPublic(text)) }

  @Test func bytesOfAnotherLengthAreRefused() {
    for count in [0, 1, 5, 15, 17] { #expect(!AddressGuard.isPublic([UInt8](repeating: 8, count: count)[...])) }
    // A slice that does not begin at zero is read from its own beginning.
    #expect(AddressGuard.isPublic([127, 0, 0, 1, 8, 8, 8, 8][4...]))
  }
}
