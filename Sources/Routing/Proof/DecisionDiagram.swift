/// Sets of combinations of facts, as ordered decision diagrams over variables with finitely many values.
///
/// Guarantee: exact and canonical. Two sets are equal when their numbers are; a set is empty when it is `nothing`. A
/// variable that a set does not depend on does not occur in its diagram, so nothing is enumerated that is not mentioned.
final class Diagrams {
  /// A set, by the number of its topmost node.
  struct Region: Hashable {
    fileprivate let node: Int32
  }

  let nothing = Region(node: 0)
  let everything = Region(node: 1)

  private struct Node: Hashable {
    let variable: Int
    let children: [Int32]
  }

  private struct Pair: Hashable {
    let isAnd: Bool
    let a: Int32
    let b: Int32
  }

  private var nodes: [Node] = [Node(variable: .max, children: []), Node(variable: .max, children: [])]
  private var known: [Node: Int32] = [:]
  private var combined: [Pair: Int32] = [:]
  private var inverted: [Int32: Int32] = [:]

  /// Combinations in which the variable has one of the values for which `holds` is true, value by value.
  func region(_ variable: Int, _ holds: [Bool]) -> Region {
    Region(node: node(variable, holds.map { $0 ? 1 : 0 }))
  }

  func and(_ a: Region, _ b: Region) -> Region { Region(node: combine(true, a.node, b.node)) }
  func or(_ a: Region, _ b: Region) -> Region { Region(node: combine(false, a.node, b.node)) }
  func not(_ a: Region) -> Region { Region(node: invert(a.node)) }
  func minus(_ a: Region, _ b: Region) -> Region { and(a, not(b)) }
  func and(_ parts: some Sequence<Region>) -> Region { parts.reduce(everything, and) }
  func or(_ parts: some Sequence<Region>) -> Region { parts.reduce(nothing, or) }

  /// One combination of the set, as value indices by variable; nil for the empty set. Variables left out are free. The
  /// earliest values are taken, so that an example has as little in it as can be.
  func example(_ region: Region) -> [Int: Int]? {
    guard region != nothing else { return nil }
    var values: [Int: Int] = [:]
    var here = region.node
    while here > 1 {
      let node = nodes[Int(here)]
      guard let index = node.children.firstIndex(where: { $0 != 0 }) else { return nil }
      values[node.variable] = index
      here = node.children[index]
    }
    return values
  }

  private func node(_ variable: Int, _ children: [Int32]) -> Int32 {
    if let first = children.first, children.allSatisfy({ $0 == first }) { return first }
    let node = Node(variable: variable, children: children)
    if let number = known[node] { return number }
    let number = Int32(nodes.count)
    nodes.append(node)
    known[node] = number
    return number
  }

  private func combine(_ isAnd: Bool, _ a: Int32, _ b: Int32) -> Int32 {
    let (absorbing, neutral): (Int32, Int32) = isAnd ? (0, 1) : (1, 0)
    if a == absorbing || b == absorbing { return absorbing }
    if a == neutral || a == b { return b }
    if b == neutral { return a }
    let pair = Pair(isAnd: isAnd, a: min(a, b), b: max(a, b))
    if let number = combined[pair] { return number }
    let (left, right) = (nodes[Int(a)], nodes[Int(b)])
    let variable = min(left.variable, right.variable)
    let count = left.variable == variable ? left.children.count : right.children.count
    let children = (0..<count).map { index in
      combine(
        isAnd, left.variable == variable ? left.children[index] : a,
        right.variable == variable ? right.children[index] : b)
    }
    let number = node(variable, children)
    combined[pair] = number
    return number
  }

  private func invert(_ a: Int32) -> Int32 {
    if a < 2 { return 1 - a }
    if let number = inverted[a] { return number }
    let node = nodes[Int(a)]
    let number = self.node(node.variable, node.children.map(invert))
    inverted[a] = number
    return number
  }
}
