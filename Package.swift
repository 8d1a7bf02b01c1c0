// swift-tools-version: 6.2
import PackageDescription

/// Every target is built the same way: Swift 6 language mode, visible member imports, warnings are errors.
let strict: [SwiftSetting] = [
  .swiftLanguageMode(.v6),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("MemberImportVisibility"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .treatAllWarnings(as: .error),
]

let package = Package(
  name: "waypost",
  platforms: [.macOS(.v15)],
  products: [.executable(name: "waypost", targets: ["waypost"])],
  dependencies: [
    .package(url: "https://github.com/jpsim/Yams", exact: "6.2.2"),
    .package(url: "https://github.com/hummingbird-project/swift-mustache", exact: "2.1.1"),
    .package(url: "https://github.com/groue/GRDB.swift", exact: "7.10.0"),
    .package(url: "https://github.com/hummingbird-project/hummingbird", exact: "2.28.1"),
    .package(url: "https://github.com/apple/swift-argument-parser", exact: "1.8.2"),
    .package(url: "https://github.com/apple/swift-log", exact: "1.16.2"),
    .package(url: "https://github.com/apple/swift-nio", exact: "2.101.2"),
    .package(url: "https://github.com/apple/swift-nio-ssl", exact: "2.37.6"),
    .package(url: "https://github.com/apple/swift-nio-extras", exact: "1.35.2"),
    .package(url: "https://github.com/apple/swift-http-types", exact: "1.8.0"),
    .package(url: "https://github.com/apple/swift-crypto", exact: "4.5.2"),
    .package(url: "https://github.com/apple/swift-certificates", exact: "1.21.1"),
    .package(url: "https://github.com/apple/swift-asn1", exact: "1.7.4"),
    .package(url: "https://github.com/swift-server/swift-service-lifecycle", exact: "2.13.0"),
    .package(url: "https://github.com/vapor/jwt-kit", exact: "5.7.1"),
  ],
  targets: [
    .target(
      name: "Routing",
      dependencies: [.product(name: "Yams", package: "Yams")],
      swiftSettings: strict),
    .target(
      name: "Delivery",
      dependencies: [
        "Routing",
        .product(name: "Mustache", package: "swift-mustache"),
        .product(name: "Crypto", package: "swift-crypto"),
        .product(name: "CryptoExtras", package: "swift-crypto"),
        .product(name: "Logging", package: "swift-log"),
      ],
      swiftSettings: strict),
    .target(
      name: "Ledger",
      dependencies: ["Delivery", "Routing", .product(name: "GRDB", package: "GRDB.swift")],
      swiftSettings: strict),
    .target(
      name: "Simulation",
      dependencies: ["Delivery", "Ledger", "Routing", .product(name: "Logging", package: "swift-log")],
      swiftSettings: strict),
    .systemLibrary(name: "CCurl", pkgConfig: "libcurl", providers: [.apt(["libcurl4-openssl-dev"])]),
    .systemLibrary(name: "COpenSSL", pkgConfig: "libcrypto", providers: [.apt(["libssl-dev"])]),
    .target(
      name: "Transports",
      dependencies: [
        "Delivery", "Routing", "CCurl", "COpenSSL",
        .product(name: "Crypto", package: "swift-crypto"),
        .product(name: "Logging", package: "swift-log"),
      ],
      swiftSettings: strict),
    .target(
      name: "Console",
      dependencies: [
        "Delivery", "Routing",
        .product(name: "Hummingbird", package: "hummingbird"),
        .product(name: "Mustache", package: "swift-mustache"),
        .product(name: "HTTPTypes", package: "swift-http-types"),
        .product(name: "NIOCore", package: "swift-nio"),
        .product(name: "NIOSSL", package: "swift-nio-ssl"),
        .product(name: "Crypto", package: "swift-crypto"),
        .product(name: "CryptoExtras", package: "swift-crypto"),
        .product(name: "JWTKit", package: "jwt-kit"),
        .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
        .product(name: "Logging", package: "swift-log"),
      ],
      resources: [.embedInCode("API/openapi.yaml")],
      swiftSettings: strict),
    .target(
      name: "Sink",
      dependencies: [
        "Delivery", "Routing",
        .product(name: "Hummingbird", package: "hummingbird"),
        .product(name: "HummingbirdTLS", package: "hummingbird"),
        .product(name: "HTTPTypes", package: "swift-http-types"),
        .product(name: "NIOCore", package: "swift-nio"),
        .product(name: "NIOPosix", package: "swift-nio"),
        .product(name: "NIOSSL", package: "swift-nio-ssl"),
        .product(name: "Crypto", package: "swift-crypto"),
        .product(name: "Logging", package: "swift-log"),
        .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
      ],
      swiftSettings: strict),
    .executableTarget(
      name: "waypost",
      dependencies: [
        "Routing", "Delivery", "Ledger", "Transports", "Console", "Sink", "Simulation",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
        .product(name: "Hummingbird", package: "hummingbird"),
        .product(name: "HummingbirdCore", package: "hummingbird"),
        .product(name: "HummingbirdTLS", package: "hummingbird"),
        .product(name: "NIOCore", package: "swift-nio"),
        .product(name: "NIOHTTPTypes", package: "swift-nio-extras"),
        .product(name: "NIOSSL", package: "swift-nio-ssl"),
        .product(name: "X509", package: "swift-certificates"),
        .product(name: "SwiftASN1", package: "swift-asn1"),
        .product(name: "Crypto", package: "swift-crypto"),
        .product(name: "Logging", package: "swift-log"),
        .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
        .product(name: "UnixSignals", package: "swift-service-lifecycle"),
        .product(name: "Yams", package: "Yams"),
      ],
      swiftSettings: strict),
    .executableTarget(
      name: "waypost-bench",
      dependencies: [
        "Routing", "Delivery", "Ledger", "Transports", "Console", "Sink", "Simulation", "COpenSSL",
        .product(name: "GRDB", package: "GRDB.swift"),
        .product(name: "Logging", package: "swift-log"),
      ],
      path: "Benchmarks/waypost-bench",
      swiftSettings: strict),
    .executableTarget(
      name: "waypost-simulation",
      dependencies: ["Simulation", "Delivery", "Routing"],
      path: "Benchmarks/waypost-simulation",
      swiftSettings: strict),
    .target(
      name: "TestKit",
      dependencies: ["Routing", "Delivery", "Ledger", .product(name: "Logging", package: "swift-log")],
      path: "Tests/TestKit",
      swiftSettings: strict),
    .testTarget(
      name: "RoutingTests", dependencies: ["Routing", "TestKit"], path: "Tests/Routing", swiftSettings: strict),
    .testTarget(
      name: "DeliveryTests", dependencies: ["Delivery", "Routing", "Simulation", "TestKit"], path: "Tests/Delivery",
      swiftSettings: strict),
    .testTarget(
      name: "LedgerTests",
      dependencies: [
        "Ledger", "Delivery", "Routing", "Simulation", "TestKit", .product(name: "GRDB", package: "GRDB.swift"),
      ],
      path: "Tests/Ledger", swiftSettings: strict),
    .testTarget(
      name: "TransportsTests",
      dependencies: [
        "Transports", "Sink", "Ledger", "Delivery", "Routing", "Simulation", "TestKit",
        .product(name: "Logging", package: "swift-log"),
      ],
      path: "Tests/Transports", exclude: ["Answers"], swiftSettings: strict),
    .testTarget(
      name: "ConsoleTests",
      dependencies: [
        "Console", "Ledger", "Delivery", "Routing", "TestKit",
        .product(name: "Hummingbird", package: "hummingbird"),
        .product(name: "HummingbirdTesting", package: "hummingbird"),
        .product(name: "HTTPTypes", package: "swift-http-types"),
        .product(name: "NIOCore", package: "swift-nio"),
        .product(name: "JWTKit", package: "jwt-kit"),
        .product(name: "Logging", package: "swift-log"),
      ],
      path: "Tests/Console", swiftSettings: strict),
    .testTarget(
      name: "SimulationTests", dependencies: ["Simulation", "Ledger", "Delivery", "Routing", "TestKit"],
      path: "Tests/Simulation", swiftSettings: strict),
    .testTarget(
      name: "EndToEndTests", dependencies: ["Routing", "Delivery", "Simulation", "TestKit", "waypost"],
      path: "Tests/EndToEnd",
      swiftSettings: strict),
  ]
)

// The fuzzer brings its own `main`, so that only a build for it knows this target: `make fuzz`.
if Context.environment["WAYPOST_FUZZ"] != nil {
  package.targets.append(
    .executableTarget(
      name: "waypost-fuzz", dependencies: ["Transports", "Delivery"], path: "Benchmarks/waypost-fuzz",
      swiftSettings: strict + [.unsafeFlags(["-parse-as-library"])]))
}
