package import Routing

/// What senders hand in, whichever way it comes: one event or a batch, with the same limits, answers and problems.
extension Intake {
  /// Bytes that a document may have.
  package static let sizeLimit = 4 * 1024 * 1024
  package static let batchLimit = 500

  package static let tooLarge = ProblemDocument(
    413, "Too large", "An event may have \(sizeLimit) bytes; send pictures as references")

  package static func read(_ bytes: [UInt8]) throws(ProblemDocument) -> JSONValue {
    let document: JSONValue
    do { document = try JSONValue(parsing: bytes) } catch {
      throw ProblemDocument(400, "Not JSON", "This cannot be read: \(error.reason)")
    }
    guard !JSONValue.repeatsMember(bytes) else {
      throw ProblemDocument(400, "A member twice", "An object names a member twice: send each once")
    }
    return document
  }

  /// Takes one event. Throws `ProblemDocument`, or the ledger's error when nothing could be written.
  package func take(_ document: JSONValue, from sender: Sender, at place: String = "") async throws -> Submission {
    do { return try await submit(document, from: sender) } catch let refusal as IntakeRefusal {
      throw ProblemDocument(refusal, at: place)
    }
  }

  /// Takes a batch; all of it is checked before the first event is taken. Throws as `take` does, and what was taken by
  /// then is recognised when the batch comes again.
  package func take(batch documents: [JSONValue], from sender: Sender) async throws -> [Submission] {
    guard documents.count <= Intake.batchLimit else {
      throw ProblemDocument(413, "Batch too large", "A batch may have \(Intake.batchLimit) events")
    }
    var wrong: [FieldProblem] = []
    for (index, document) in documents.enumerated() {
      do { _ = try check(document) } catch {
        wrong += error.problems.map { FieldProblem("\(index).\($0.pointer)", $0.reason, $0.remedy) }
      }
    }
    guard wrong.isEmpty else { throw ProblemDocument(.invalid(wrong)) }
    var done: [Submission] = []
    for (index, document) in documents.enumerated() {
      let before = index == 0 ? "" : " (those before it were taken)"
      done.append(try await take(document, from: sender, at: "event \(index) of the batch\(before): "))
    }
    return done
  }
}

extension Submission {
  /// The answer as a sender reads it.
  package var json: JSONValue {
    [
      "id": .string(id), "plan": .string("/v1/events/\(id)/plan"), "notifications": .number(Double(notifications)),
      "warnings": .array(warnings.map(JSONValue.string)),
    ]
  }
}
