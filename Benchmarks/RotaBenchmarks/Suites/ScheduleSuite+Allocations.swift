import Foundation
import Synchronization

#if canImport(Darwin)
    import Darwin
#elseif canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// Counts the objects that the Swift runtime allocates, through the runtime's own hook.
enum AllocationCounter {
    private typealias Allocate = @convention(c) (UnsafeRawPointer?, Int, Int) -> UnsafeMutableRawPointer?

    private static let total = Atomic<Int>(0)
    nonisolated(unsafe) private static var original: Allocate?

    /// How many objects `body` allocates on all threads, or `nil` where the runtime has no hook.
    static func count(_ body: () -> Void) -> Int? {
        guard let symbol = dlsym(UnsafeMutableRawPointer(bitPattern: 0), "_swift_allocObject") else { return nil }
        let hook = symbol.assumingMemoryBound(to: Allocate.self)
        original = hook.pointee
        hook.pointee = { type, size, mask in
            AllocationCounter.total.add(1, ordering: .relaxed)
            return AllocationCounter.original?(type, size, mask)
        }
        let before = total.load(ordering: .relaxed)
        body()
        hook.pointee = original ?? hook.pointee
        return total.load(ordering: .relaxed) - before
    }
}
