import Delivery
import Transports

// libFuzzer's door into the reading of mail that comes back; `make fuzz` builds and runs it over the corpus of the tests.

private let key = AnswerKey(secret: [UInt8](repeating: 7, count: 32))

/// One input of the fuzzer's.
@_cdecl("LLVMFuzzerTestOneInput")
public func readAnswer(_ data: UnsafePointer<UInt8>?, _ size: Int) -> CInt {
  guard let key else { fatalError("the key of the corpus is too short") }
  let bytes = Array(UnsafeBufferPointer(start: data, count: size))
  if let fault = AnswerFuzz.fault(in: bytes, key) { fatalError(fault) }
  return 0
}
