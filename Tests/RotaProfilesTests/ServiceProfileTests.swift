import RotaProfiles
import Testing

@Suite struct ServiceProfileTests {
    @Test("The four services are four profiles")
    func distinct() {
        #expect(Set<ServiceProfile>([.trigrun, .krafter, .infrai, .strait]).count == 4)
    }
}
