import ArgumentParser
import Delivery
import Foundation
import Ledger
import Routing

struct PeopleCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "people", abstract: "People who may sign in.",
    subcommands: [Add.self, List.self, End.self, Passphrase.self])

  struct Add: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Lets somebody sign in.",
      discussion: """
          waypost people add sam@council.example --provider council --role duty-manager
          waypost people add 5f2c… --provider council --label "Sam, front door" --role agency-viewer --agency derby
          waypost people add 71aa… --provider council --label "Kit, Maple House" --role reporter --agency maple-house

        NAME is what the provider calls them: a subject (sub) or, with @, a mail address that the provider has verified. \
        --provider is a `name` of `signIn` in the settings, or `local` for somebody who gets a passphrase. Roles: \
        \(PersonRole.list). Without --agency they see every agency; an agency viewer needs one. A \
        reporter (a carer, a school, a home) reports missing children and sees their own reports, nothing else.
        """)

    @Argument(help: "What the provider calls them.") var name: String
    @Option(help: "A provider of the settings, or `local`.") var provider: String
    @Option(help: "What pages and the audit call them; NAME when absent.") var label: String?
    @Option(help: "What they are here (repeatable).") var role: [String] = []
    @Option(help: "An agency that they are limited to (repeatable).") var agency: [String] = []
    @OptionGroup var data: DataOption

    func run() async throws {
      let roles = try role.map { text in
        guard let role = PersonRole(rawValue: text) else {
          throw Ending.because(Complaint("`\(text)` is no role. Use \(PersonRole.list)."), Ending.badInput)
        }
        return role
      }
      let person: Person
      do {
        person = try Person(provider: provider, name: name, label: label, roles: roles, agencies: agency)
      } catch { throw Ending.because(error, Ending.badInput) }
      do { try await openLedger(data).addPerson(person, by: Operator.name, at: SystemClock().now()) } catch let
        problem as PeopleProblem
      { throw Ending.because(problem, Ending.failed) }
      if provider == Person.local { Output.line("Give them a passphrase: waypost people passphrase \(person.name)") }
    }
  }

  struct List: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Lists people, their roles and their agencies.")
    @OptionGroup var data: DataOption

    func run() async throws {
      let people = try await openLedger(data).people()
      Output.table(
        [["person", "provider", "name", "roles", "agencies"]]
          + people.map {
            [
              $0.label, $0.provider, $0.name, $0.roles.map(\.rawValue).joined(separator: ","),
              $0.agencies.isEmpty ? "every" : $0.agencies.joined(separator: ","),
            ]
          })
    }
  }

  struct End: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Ends somebody and signs them out everywhere, at once.")
    @Argument(help: "What `people list` calls them: their label, or their name.") var name: String
    @Option(help: "Their provider, where the name is known to several.") var provider: String?
    @OptionGroup var data: DataOption

    func run() async throws {
      let ledger = try openLedger(data)
      let found = try await ledger.people().filter {
        ($0.label == name || $0.name == Person.known(name)) && (provider == nil || $0.provider == provider)
      }
      guard let person = found.first else { throw Ending.because(PeopleProblem.unknown, Ending.failed) }
      guard found.count == 1 else {
        throw Ending.because(Complaint("Several people are called that. Say which with --provider."), Ending.failed)
      }
      guard try await ledger.endPerson(person.id, by: Operator.name, at: SystemClock().now()) else {
        throw Ending.because(PeopleProblem.unknown, Ending.failed)
      }
    }
  }

  struct Passphrase: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Sets a passphrase, read from standard input or WAYPOST_PASSPHRASE.",
      discussion: """
          waypost people passphrase < passphrase.txt

        At least \(PassphraseHash.shortest) characters. Without NAME it is the local administrator's (operator, auditor \
        and route owner of every agency), who is added where absent. Whoever is signed in under that name is signed out.
        """)

    @Argument(help: "Somebody of the provider `local`.") var name = "administrator"
    @OptionGroup var data: DataOption

    func run() async throws {
      let ledger = try openLedger(data)
      let hash: PassphraseHash
      do { hash = try PassphraseHash(try typed(), salt: SignInDesk.random(16)) } catch {
        throw Ending.because(error, Ending.badInput)
      }
      let now = SystemClock().now()
      do {
        var person = try await ledger.person(provider: Person.local, name: name)
        if person == nil, name == "administrator" {
          let fresh = try Person(provider: Person.local, name: name, roles: [.operator, .auditor, .routeOwner])
          try await ledger.addPerson(fresh, by: Operator.name, at: now)
          person = fresh
        }
        guard let person else { throw PeopleProblem.unknown }
        try await ledger.setPassphrase(hash.text, of: person.id, by: Operator.name, at: now)
      } catch let problem as PeopleProblem { throw Ending.because(problem, Ending.failed) }
    }

    /// Never an argument: those stand in the list of processes and in the shell's history.
    private func typed() throws -> String {
      if let text = ProcessInfo.processInfo.environment["WAYPOST_PASSPHRASE"] { return text }
      if Output.isTerminal { Output.note("Type the passphrase and press Enter. It is shown as you type.") }
      guard let line = readLine() else { throw PassphraseProblem.short }
      return line
    }
  }
}
