import Hummingbird
import NIOCore

extension Request {
  /// The whole body. Throws `tooLarge` where it has more than `limit` bytes, and a 400 problem where it never came whole: the
  /// other side hung up, was too slow, or broke the framing.
  func bytes(upTo limit: Int, orElse tooLarge: any Error) async throws -> ByteBuffer {
    do { return try await body.collect(upTo: limit) } catch is NIOTooManyBytesError {
      throw tooLarge
    } catch is CancellationError { throw CancellationError() } catch {
      throw Problem(.badRequest, "Body broken", "The body did not arrive whole; send it again")
    }
  }
}
