import ArgumentParser
import Foundation

struct CertificatesCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "certificates", abstract: "Certificates of this gateway.", subcommands: [MakeDev.self])

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
