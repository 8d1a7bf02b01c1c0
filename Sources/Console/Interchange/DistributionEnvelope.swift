import Foundation
import Routing

/// An exchange in an envelope of the Emergency Data Exchange Language, Distribution Element (OASIS EDXL-DE 2.0, Committee
/// Specification 02).
///
/// Guarantee: it holds the public-safe alert, where there is one, and what `ExchangeObject` lets out, and no word besides
/// that comes from a sender.
struct DistributionEnvelope: Sendable {
  static let namespace = "urn:oasis:names:tc:emergency:EDXL:DE:2.0"
  private static let commonTypes = "urn:oasis:names:tc:emergency:edxl:ct:1.0"
  private static let links = "http://www.w3.org/1999/xlink"
  /// For `Content-Type`; IANA has registered none.
  static let mediaType = "application/edxl+xml"
  /// Seconds after which another one should be fetched.
  private static let validity: Int64 = 24 * 3600

  let facts: AlertFacts
  let alert: CommonAlert?
  /// One or more.
  let objects: [ExchangeObject]
  let sent: Instant

  /// The elements stand in the order that the schema demands.
  var xml: XMLTag {
    XMLTag(
      "edxlDistribution",
      attributes: [
        ("xmlns", DistributionEnvelope.namespace), ("xmlns:ct", DistributionEnvelope.commonTypes),
        ("xmlns:xlink", DistributionEnvelope.links), ("xlink:type", "extended"),
      ],
      [
        XMLTag("distributionID", facts.name("exchange \(contents) \(sent.seconds)")),
        XMLTag("senderID", facts.sender), XMLTag("dateTimeSent", sent.interchange),
        XMLTag("dateTimeExpires", sent.advanced(bySeconds: DistributionEnvelope.validity).interchange),
        XMLTag("distributionStatus", facts.isExercise ? "Exercise" : "Actual"), XMLTag("distributionKind", "Report"),
        descriptor, XMLTag("content", [alert.map(DistributionEnvelope.object)] + objects.map(\.xml)),
      ])
  }

  /// Two keys that ask in one second may see different things: those are two distributions.
  private var contents: String { objects.map(\.document.serialized).joined() }

  private var descriptor: XMLTag {
    XMLTag(
      "descriptor",
      [
        XMLTag("language", "en-GB"),
        DistributionEnvelope.values("keyword", of: "event", ["Missing child"]),
        facts.area.map { area in
          XMLTag(
            "targetAreas",
            [
              XMLTag("areaKind", "DistributionTargetArea"), XMLTag("areaGrouping", "Union"),
              XMLTag(
                "targetArea",
                [
                  XMLTag(
                    "geoPoliticalLocation",
                    [
                      XMLTag(
                        "ct:GeoCode",
                        [XMLTag("ct:ValueListURI", OfficialArea.list), XMLTag("ct:Value", area.code)])
                    ])
                ]),
            ])
        }, XMLTag("urgency", alert?.urgency ?? "Unknown"), XMLTag("severity", alert?.severity ?? "Unknown"),
        XMLTag("certainty", alert?.certainty ?? "Unknown"), XMLTag("incidentID", facts.incident),
      ])
  }

  private static func object(_ alert: CommonAlert) -> XMLTag {
    XMLTag(
      "contentObject",
      [
        XMLTag(
          "contentDescriptor",
          [
            XMLTag("contentDescription", "Public-safe alert, CAP 1.2"),
            values("contentKeyword", of: "content", ["alert"]), XMLTag("contentID", alert.message.identifier),
          ]), XMLTag("contentXML", [XMLTag("embeddedXMLContent", [alert.xml])]),
      ])
  }

  /// Values of one of Waypost's own lists.
  fileprivate static func values(_ name: StaticString, of list: String, _ values: [String]) -> XMLTag {
    XMLTag(
      name, [XMLTag("ct:ValueListURI", "tag:waypost.example,2026:\(list)")] + values.map { XMLTag("ct:Value", $0) })
  }
}

extension ExchangeObject {
  /// JSON in base64: the schema takes foreign XML only with a schema of its own.
  fileprivate var xml: XMLTag {
    let bytes = Data(document.serializedBytes)
    return XMLTag(
      "contentObject",
      [
        XMLTag(
          "contentDescriptor",
          [
            DistributionEnvelope.values("contentKeyword", of: "content", [kind.rawValue]),
            XMLTag("contentID", identifier),
          ]),
        XMLTag(
          "otherContent",
          [
            XMLTag("mimeType", "application/json"), XMLTag("size", String(bytes.count)),
            XMLTag("contentData", bytes.base64EncodedString()),
          ]),
      ])
  }
}
