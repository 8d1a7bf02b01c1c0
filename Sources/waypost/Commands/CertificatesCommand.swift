import ArgumentParser
import Delivery
import Foundation
import Routing
import Transports

struct CertificatesCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "certificates", abstract: "Certificates of recipients and of this gateway.",
    subcommands: [List.self, Check.self, Import.self, MakeDev.self])

  /// The folder that the settings call `certificates`.
  struct FolderOption: ParsableArguments {
    @Option(help: "The folder with recipients/, authorities/ and revoked/.") var certificates = "Certificates"
    var folder: CertificateFolder { CertificateFolder(path: certificates) }
  }

  struct List: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Lists recipients' certificates and who uses them.")
    @OptionGroup var place: FolderOption
    @OptionGroup var routes: RoutesOption

    func run() throws {
      let users = try CertificateUsers(routes.routes)
      var lines = [["file", "mailbox", "key", "good until", "used by"]]
      for name in place.folder.recipientNames {
        do {
          let own = try place.folder.recipient(name).first
          lines.append([
            name, own?.addresses.joined(separator: " ") ?? "", own.map { "\($0.keyKind)" } ?? "",
            own?.notAfter.rfc3339 ?? "", users.desks(of: name).joined(separator: ", "),
          ])
        } catch { lines.append([name, "", "", "\(error)", ""]) }
      }
      Output.table(lines)
    }
  }

  struct Check: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Checks every certificate that the directory names, as it is checked before sending.",
      discussion: "Ends with 1 if one does not hold, or will have expired in --days days.")
    @Option(help: "How many days ahead to look.") var days: Int64 = 30
    @OptionGroup var place: FolderOption
    @OptionGroup var routes: RoutesOption

    func run() throws {
      let users = try CertificateUsers(routes.routes)
      let now = SystemClock().now()
      var problems = 0
      for use in users.all {
        for name in use.channel.certificates {
          let label = "\(use.desk): recipients/\(name)"
          do {
            let own = try place.folder.read().checked(name, for: use.channel.address, at: now)
            let isSoon = own.notAfter < now.advanced(bySeconds: days * 86400)
            problems += isSoon ? 1 : 0
            Output.line("\(isSoon ? "SOON" : "ok  ") \(label), good until \(own.notAfter.rfc3339)")
          } catch {
            problems += 1
            Output.line("BAD  \(label): \(error)")
          }
        }
      }
      if users.all.isEmpty { Output.line("No desk of the directory asks for S/MIME.") }
      if problems > 0 { throw ExitCode(Ending.failed) }
    }
  }

  struct Import: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Adds a PEM file: a recipient's certificate, or with --authority one who issues them.",
      discussion: "A file that holds a private key is refused. Name the file in the directory under `certificates`.")
    @Argument(help: "The PEM file.") var file: String
    @Option(name: .customLong("as"), help: "Its name in the folder, for example front-door.pem.") var name: String
    @Flag(help: "It is an authority.") var authority = false
    @OptionGroup var place: FolderOption

    func run() throws {
      guard MailChannel.isCertificateName(name) else {
        throw Ending.because(
          Complaint("--as takes small letters, digits and dashes, and ends in .pem."), Ending.badInput)
      }
      guard let pem = FileManager.default.contents(atPath: file) else {
        throw Ending.because(UnreadableFile(path: file), Ending.badInput)
      }
      let read: [MailCertificate]
      do { read = try MailCertificate.read(pem: Array(pem)) } catch { throw Ending.because(error, Ending.badInput) }
      let target = "\(place.certificates)/\(authority ? "authorities" : "recipients")"
      do {
        try FileManager.default.createDirectory(atPath: target, withIntermediateDirectories: true)
        try pem.write(to: URL(fileURLWithPath: "\(target)/\(name)"), options: .atomic)
      } catch { throw Ending.because(UnreadableFile(path: target), Ending.unavailable) }
      for certificate in read {
        Output.line(
          "\(name): \(certificate.addresses.joined(separator: " ")) \(certificate.keyKind), good until "
            + "\(certificate.notAfter.rfc3339), SHA-256 \(certificate.sha256)")
      }
    }
  }

  struct MakeDev: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "make-dev",
      abstract: "Makes a development authority, a server and an S/MIME certificate under the data folder.",
      discussion: "Private keys are readable by their owner alone (mode 0600). They are for demos, drills and tests.")

    @OptionGroup var data: DataOption

    func run() throws {
      let folder: DataFolder
      do { folder = try DataFolder(data.data) } catch { throw Ending.because(error, Ending.unavailable) }
      let certificates = DevelopmentCertificates(folder: folder.certificates)
      try certificates.make(now: Date())
      for file in DevelopmentCertificates.files { Output.line("\(folder.certificates)/\(file)") }
    }
  }
}

/// Which desks of the directory have mail sealed for which certificate.
struct CertificateUsers {
  let all: [(desk: String, channel: MailChannel)]

  init(_ routes: String) throws {
    let book = try Ending.readingRoutes { try RouteFolder(root: routes).book() }
    all = book.directory.agencies.flatMap { agency in
      agency.desks.values.sorted { $0.role.name < $1.role.name }.flatMap { desk in
        desk.channels.compactMap { channel in
          guard case .mail(let mail) = channel, !mail.certificates.isEmpty else { return nil }
          return ("\(agency.id) \(desk.role.name)", mail)
        }
      }
    }
  }

  func desks(of name: String) -> [String] { all.filter { $0.channel.certificates.contains(name) }.map(\.desk) }
}
