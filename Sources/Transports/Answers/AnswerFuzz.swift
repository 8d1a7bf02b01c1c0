package import Delivery

/// What must hold of any mail that comes back, however it was made; for the fuzzer and the tests.
package enum AnswerFuzz {
  /// The broken promise in words; nil where all is well.
  package static func fault(in bytes: [UInt8], _ key: AnswerKey) -> String? {
    let read = AnswerReader.read(bytes, ownHost: "waypost.example")
    if read.evidence.utf8.count > 4_000 { return "the evidence is too long" }
    switch AnswerVerdict.of(read, key) {
    case .report(let report):
      guard let tag = read.tags.first.flatMap(key.read) else { return "a report without a tag of ours" }
      if tag.notification != report.notification { return "a report about another notification" }
      // A match needs the code itself in the mail: nobody can make one up.
      return read.messageIDs.allSatisfy { $0 == tag.notification } ? nil : "a report that contradicts itself"
    case .reply(let reply, let id, let tag, _):
      return reply.references.contains(id) || tag?.notification == id ? nil : "a reply about another notification"
    case .signedReceipt, .automatic, .apart: return nil
    }
  }
}
