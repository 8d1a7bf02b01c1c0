import Routing

/// How a drill is told from what is real, wherever people read of it.
package enum Drill {
  /// For the first line of whatever somebody reads.
  package static let banner = "EXERCISE: this is a drill. No child is missing."
  private static let mark = "EXERCISE: "

  /// A line, marked at its beginning if it belongs to a drill.
  package static func marked(_ line: String, _ isExercise: Bool) -> String { isExercise ? mark + line : line }
}

extension Alarm {
  /// The alarm as operators read it.
  package func marked(_ isExercise: Bool) -> Alarm {
    Alarm(kind: kind, identifier: identifier, text: Drill.marked(text, isExercise))
  }
}

extension Known {
  /// Why an event may not join what is known: drills and real events share no episode, and a drill never speaks of a child
  /// that real events have spoken of. A real event about a child that only drills have spoken of is no mixture: the ledger
  /// begins that child anew, since a drill must never keep a real report out.
  func mixture(with event: Event) -> FieldProblem? {
    if let isDrillEpisode, isDrillEpisode != event.isExercise {
      return event.isExercise
        ? FieldProblem(
          "subject", "is an episode that real events have spoken of", "Give the exercise an episode of its own")
        : FieldProblem(
          "subject", "is the episode of an exercise",
          "Send \"exercise\": true if this is the drill, or give the real episode a reference of its own")
    }
    guard event.isExercise, isDrillChild == false else { return nil }
    return FieldProblem(
      "data.child.id", "is a child that real events have spoken of", "Invent a child for the exercise")
  }
}
