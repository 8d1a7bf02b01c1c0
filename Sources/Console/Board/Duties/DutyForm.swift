import Delivery
import Routing

/// What somebody does about a duty on its page, and everything that is wrong with it.
struct DutyForm {
  enum Step: String {
    case complete, take
    case giveBack = "give-back"
  }
  let step: Step
  /// As they were typed.
  private let fields: [String: String]
  let problems: [(field: String, says: String)]

  /// Longest text taken, in characters.
  private static let longest = 500

  /// Nil for a form that is none of ours. `holder` is who has the duty as the page showed it; empty: nobody.
  init?(_ form: PageForm, at now: Instant) {
    guard let step = Step(rawValue: form["do"]) else { return nil }
    self.step = step
    let names = ["holder", "reason", "evidence", "doneBy", "doneAt"]
    fields = Dictionary(uniqueKeysWithValues: names.map { ($0, form[$0]) })
    var problems: [(String, String)] = []
    func need(_ field: String, _ missing: String) {
      if form[field].isEmpty { problems.append((field, missing)) }
    }
    switch step {
    case .complete: need("evidence", "Say what shows that it is done")
    case .giveBack: need("reason", "Say why you give it back")
    case .take: if !form["holder"].isEmpty { need("reason", "Say why you take it over") }
    }
    for field in ["reason", "evidence", "doneBy"] where form[field].count > DutyForm.longest {
      problems.append((field, "This may have at most \(DutyForm.longest) characters"))
    }
    if step == .complete, !form["doneAt"].isEmpty {
      if let done = AnswerForm.instant(form["doneAt"]) {
        if done > now {
          problems.append(
            ("doneAt", "When it was done cannot lie ahead. In London it is \(LondonWords.moment(now)) now"))
        }
      } else {
        problems.append(("doneAt", "Enter a date with a time, such as \(AnswerForm.typed(now))"))
      }
    }
    self.problems = problems
  }

  /// Who has the duty as the page showed it.
  var holder: String? { fields["holder"].flatMap { $0.isEmpty ? nil : $0 } }
  var reason: String { fields["reason"] ?? "" }

  /// What is kept: `The worker's note of 12 November; done by J. Smith on Friday 27 March 2026 at 22:40`.
  var evidence: String {
    let by = fields["doneBy"].flatMap { $0.isEmpty ? nil : "by \($0)" }
    let at = fields["doneAt"].flatMap(AnswerForm.instant).map { "on \(LondonWords.moment($0))" }
    let done = [by, at].compactMap(\.self).joined(separator: " ")
    return (fields["evidence"] ?? "") + (done.isEmpty ? "" : "; done \(done)")
  }

  /// What was typed and what is wrong with it, for the page.
  var values: [String: Any] {
    var values = problemValues(problems)
    for name in ["reason", "evidence", "doneBy", "doneAt"] { values[name] = fields[name] }
    return values
  }
}
