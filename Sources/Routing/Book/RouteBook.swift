/// Everything under `Routes/`, read and checked together: vocabulary, disclosure, bank holidays, directory and packs.
///
/// Guarantee: a book exists only if every file of it holds; otherwise all problems are thrown at once.
package struct RouteBook: Sendable {
  package let vocabulary: Vocabulary
  package private(set) var directory: Directory
  /// What the directory was read from.
  private let directoryFiles: [File]
  package private(set) var packs: [RoutePack]
  package let invariants: Invariants
  /// What the partnership has switched on beyond its texts.
  package private(set) var options: Options
  /// Every pack holds, whatever its dates: a case is played.
  private var ignoresDates = false

  /// The texts a book is read from. Names are what problems call the files.
  package struct Texts: Sendable {
    package var vocabulary: File
    package var disclosure: File
    package var invariants: File
    package var options: File
    package var bankHolidays: File
    package var directory: [File]
    package var packs: [File]

    package init(
      vocabulary: File, disclosure: File, invariants: File, options: File, bankHolidays: File, directory: [File],
      packs: [File]
    ) {
      self.vocabulary = vocabulary
      self.disclosure = disclosure
      self.invariants = invariants
      self.options = options
      self.bankHolidays = bankHolidays
      self.directory = directory
      self.packs = packs
    }
  }

  package struct File: Sendable {
    package let name: String
    package let text: String
    /// SHA-256 in hexadecimal.
    package let hash: String
    package init(name: String, text: String, hash: String) {
      self.name = name
      self.text = text
      self.hash = hash
    }
  }

  /// Throws `RouteProblems` with everything that is wrong anywhere.
  package init(_ texts: Texts) throws {
    let vocabulary = try Vocabulary.read(texts.vocabulary.text, file: texts.vocabulary.name)
    let disclosure = try Disclosure.read(
      texts.disclosure.text, file: texts.disclosure.name, vocabulary: vocabulary)
    let holidays = try BankHolidays.read(texts.bankHolidays.text, file: texts.bankHolidays.name)
    var problems: [RouteProblem] = []
    func gather<T>(_ body: () throws -> T) throws -> T? {
      do { return try body() } catch let found as RouteProblems {
        problems += found.problems
        return nil
      }
    }
    let directory = try gather {
      try DirectoryReader.read(
        texts.directory.map { ($0.name, $0.text) }, bankHolidays: holidays, vocabulary: vocabulary)
    }
    let packs = try texts.packs.compactMap { file in
      try gather {
        try PackReader.read(
          file.text, file: file.name, vocabulary: vocabulary, disclosure: disclosure, contentHash: file.hash)
      }
    }
    let invariants = try gather {
      try Invariants.read(
        texts.invariants.text, file: texts.invariants.name, vocabulary: vocabulary, disclosure: disclosure)
    }
    problems += RouteBook.overlaps(packs)
    let options = try gather { try Options.read(texts.options.text, file: texts.options.name, packs, vocabulary) }
    for pack in packs { problems += Impossible.conditions(of: pack, vocabulary) }
    guard problems.isEmpty, let directory, let invariants, let options else { throw RouteProblems(problems) }
    self.vocabulary = vocabulary
    self.directory = directory
    directoryFiles = texts.directory
    self.packs = packs
    self.invariants = invariants
    self.options = options
  }

  /// A pack may have several versions, one after the other.
  private static func overlaps(_ packs: [RoutePack]) -> [RouteProblem] {
    packs.enumerated().flatMap { number, pack in
      packs[..<number].filter { $0.id == pack.id && $0.inForce.overlaps(pack.inForce) }.map { earlier in
        RouteProblem(
          file: pack.file, line: 1, reason: "`\(pack.id)` is in force here and in \(earlier.file) at the same time",
          remedy: "End one version where the other begins (inForce), or rename one")
      }
    }
  }

  /// The router over the packs in force at `instant`.
  package func router(at instant: Instant) -> Router {
    Router(
      vocabulary: vocabulary, directory: directory,
      packs: packs.filter { ignoresDates || $0.inForce.contains(instant) },
      options: options)
  }

  /// The first instant after `instant` at which another set of packs is in force; nil if that never comes.
  package func nextChange(after instant: Instant) -> Instant? {
    if ignoresDates { return nil }
    return packs.flatMap { [$0.inForce.from, $0.inForce.until] }.compactMap(\.self).filter { $0 > instant }.min()
  }

  /// The version of a pack that lies in the same folder as `file`, or the one that comes into force last.
  package func pack(_ id: String, beside file: String) -> RoutePack? {
    let versions = packs.filter { $0.id == id }
    func folder(_ path: String) -> String { path.split(separator: "/").dropLast().joined(separator: "/") }
    return versions.first { folder(file).hasPrefix(folder($0.file)) } ?? versions.max { $0.begins < $1.begins }
  }

  /// One version of every pack, the one that comes into force last.
  package var latest: [RoutePack] {
    packs.filter { pack in !packs.contains { $0.id == pack.id && pack.begins < $0.begins } }
  }

  /// The book that a case is played with: exactly the packs it names, whatever their dates, and no options but its own.
  /// Throws `RouteProblems` when it names a pack that is not there.
  package func playing(_ item: CaseFile) throws -> RouteBook {
    let missing = item.packs.filter { id in !packs.contains { $0.id == id } }
    guard missing.isEmpty else {
      throw RouteProblems([
        RouteProblem(
          file: item.file, line: 0, reason: "there is no pack \(missing.joined(separator: ", "))",
          remedy: "Name packs of Routes/, or drop `packs` to play with all")
      ])
    }
    var copy = self
    copy.packs = item.packs.isEmpty ? latest : item.packs.compactMap { pack($0, beside: item.file) }
    copy.options = Options(switchedOn: Set(item.options))
    copy.ignoresDates = true
    return copy
  }

  /// The book with another version of one of its packs.
  package func with(_ pack: RoutePack) -> RouteBook {
    var copy = self
    copy.packs = packs.map { $0.id == pack.id && $0.file == pack.file ? pack : $0 }
    return copy
  }

  /// The book with the directory of its own files and these changes laid over them: no file is read anew. Throws
  /// `RouteProblems` where a proposal does not fit; what is agreed on and does not is left out.
  package func laying(_ changes: [DeskChange]) throws -> RouteBook {
    var copy = self
    copy.directory = try DirectoryReader.read(
      directoryFiles.map { ($0.name, $0.text) }, changes: changes, bankHolidays: directory.bankHolidays,
      vocabulary: vocabulary)
    return copy
  }

  /// Roles that a pack names and the directory cannot resolve, for each of the pack's parties.
  package var unresolved: [UnresolvedRole] {
    packs.flatMap { pack in
      pack.rolesAddressed.filter { !["family", "school", "care"].contains($0.category) }.flatMap { role in
        pack.parties.filter { directory.desk(role, in: $0) == nil }
          .map { UnresolvedRole(pack: pack.id, role: role, authority: $0) }
      }
    }
  }
}

extension RoutePack {
  /// Every role that a live rule tells or burdens.
  var rolesAddressed: [Role] {
    var roles = Set<Role>()
    for rule in rules where !rule.isNote {
      roles.formUnion(rule.tells.compactMap(\.target.role))
      roles.formUnion((rule.duty?.holders ?? []).compactMap(\.role))
    }
    return roles.sorted { $0.index < $1.index }
  }
}

/// A hole in the directory: nobody answers for this role there.
package struct UnresolvedRole: Sendable, Equatable {
  package let pack: String
  package let role: Role
  package let authority: String
}
