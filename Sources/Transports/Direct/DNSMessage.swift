/// The wire form of DNS questions and answers (RFC 1035, RFC 3596, RFC 6891).
///
/// Guarantee: pure, and total: whatever bytes arrive, reading ends after a bounded amount of work with an answer or a
/// `DNSProblem`. A name is followed only backwards through the message, so that no pointer can make a loop.
package enum RecordType: UInt16, Sendable, Hashable, CaseIterable {
  case a = 1
  case cname = 5
  case mx = 15
  case txt = 16
  case aaaa = 28
}

/// What one record says. Names are lower case without the final dot, but for the root, which is `.`.
package enum DNSRecord: Hashable, Sendable {
  /// Dotted IPv4 literal.
  case a(String)
  /// IPv6 literal.
  case aaaa(String)
  case mx(preference: UInt16, host: String)
  /// The character strings of one record joined, as RFC 7208 and RFC 8461 read them.
  case txt(String)
  case cname(String)
}

/// What the name servers know about a name and a type.
package struct DNSAnswer: Hashable, Sendable {
  package enum Code: Hashable, Sendable {
    case noError, nameError, serverFailure, refused
    /// RFC 6895 section 2.3.
    case other(Int)
  }
  package let code: Code
  /// Of the type that was asked for, at the end of the name's aliases; none when the name has no such record.
  package let records: [DNSRecord]
  /// Seconds for which the whole answer, aliases included, or its absence (RFC 2308 section 5) may be kept.
  package let minimumTTL: Int

  package init(code: Code, records: [DNSRecord] = [], minimumTTL: Int = 0) {
    self.code = code
    self.records = records
    self.minimumTTL = minimumTTL
  }

  /// The name servers said yes or no, in contrast to being unable to say.
  package var isDefinite: Bool { code == .noError || code == .nameError }
}

/// Why bytes are no answer.
enum DNSProblem: Error, Equatable {
  /// Not the answer to this question: somebody else's, late or forged.
  case foreign
  case malformed
}

/// One question. `name` comes from `DomainName.ascii`.
struct DNSQuery: Hashable, Sendable {
  let id: UInt16
  let name: String
  let type: RecordType
  /// What fits into a datagram without fragments (DNS flag day 2020).
  static let datagram: UInt16 = 1232

  /// `extended`: with the EDNS0 record, which a few old servers refuse.
  func bytes(extended: Bool = true) -> [UInt8] {
    var out = [UInt8]()
    // Recursion desired; one question; perhaps one additional record.
    for field in [id, 0x0100, 1, 0, 0, extended ? 1 : 0] { out.append(number: field) }
    for label in name.split(separator: ".") {
      out.append(UInt8(truncatingIfNeeded: label.utf8.count))
      out += Array(label.utf8)
    }
    out.append(0)
    out.append(number: type.rawValue)
    out.append(number: 1)
    if extended {
      out.append(0)
      for field in [41, DNSQuery.datagram, 0, 0, 0] { out.append(number: field) }
    }
    return out
  }
}

extension [UInt8] {
  fileprivate mutating func append(number: UInt16) { self += [UInt8(number >> 8), UInt8(number & 0xff)] }
}

/// A message that answers a question.
struct DNSResponse: Equatable {
  let answer: DNSAnswer
  /// There is more, to be had over TCP; `answer` holds no records then.
  let isTruncated: Bool

  init(_ bytes: [UInt8], to query: DNSQuery) throws(DNSProblem) {
    var reader = DNSReader(bytes)
    guard let header = try? DNSHeader(&reader), header.id == query.id, header.isResponse else {
      throw DNSProblem.foreign
    }
    if header.questions == 0, header.code != 0, header.answers == 0 {
      // A server that could not read the question does not repeat it.
      answer = DNSAnswer(code: DNSResponse.code(header.code))
      isTruncated = false
      return
    }
    guard header.questions == 1, let asked = try? reader.name(), asked == query.name,
      let type = try? reader.number16(), type == query.type.rawValue,
      let network = try? reader.number16(), network == 1
    else { throw DNSProblem.foreign }
    isTruncated = header.isTruncated
    if header.isTruncated {
      answer = DNSAnswer(code: DNSResponse.code(header.code))
      return
    }
    var sections: [[DNSEntry]] = []
    for count in [header.answers, header.authorities, header.additionals] {
      var entries: [DNSEntry] = []
      for _ in 0..<count { entries.append(try reader.entry()) }
      sections.append(entries)
    }
    var code = header.code
    for entry in sections[2] { if case .options(let high) = entry.content { code += high << 4 } }
    answer = DNSResponse.answer(to: query, code: DNSResponse.code(code), sections[0], sections[1])
  }

  private static func code(_ number: Int) -> DNSAnswer.Code {
    switch number {
    case 0: .noError
    case 2: .serverFailure
    case 3: .nameError
    case 5: .refused
    default: .other(number)
    }
  }

  /// Follows the aliases among the answers to the records that were asked for.
  private static func answer(
    to query: DNSQuery, code: DNSAnswer.Code, _ answers: [DNSEntry], _ authorities: [DNSEntry]
  ) -> DNSAnswer {
    var name = query.name
    var lifetime = Int.max
    // More aliases than that are a mistake or an attack.
    for _ in 0..<16 {
      let here = answers.filter { $0.name == name }
      let found = here.filter { $0.type == query.type.rawValue }
      if !found.isEmpty {
        let records = found.compactMap { if case .record(let record) = $0.content { record } else { nil } }
        return DNSAnswer(
          code: code, records: records, minimumTTL: found.reduce(lifetime) { min($0, $1.lifetime) })
      }
      guard let alias = here.first(where: { $0.type == RecordType.cname.rawValue }),
        case .record(.cname(let target)) = alias.content
      else { break }
      name = target
      lifetime = min(lifetime, alias.lifetime)
    }
    let absence = authorities.compactMap { entry -> Int? in
      if case .authority(let minimum) = entry.content { min(entry.lifetime, minimum) } else { nil }
    }
    return DNSAnswer(code: code, minimumTTL: absence.min().map { min($0, lifetime) } ?? 0)
  }
}
