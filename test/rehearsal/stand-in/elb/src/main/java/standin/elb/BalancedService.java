package standin.elb;

import java.util.List;

/** A sub-domain of a service's cluster, and the host names that lead to it. */
final class BalancedService {
    final String service;
    final String domain;
    final String subDomain;
    final List<String> hosts;
    final int groupManagementPort;
    /** Well-known members of the domain, "host:port" each. */
    final List<String> members;

    BalancedService(String service, String domain, String subDomain, List<String> hosts, int groupManagementPort, List<String> members) {
        this.service = service;
        this.domain = domain;
        this.subDomain = subDomain;
        this.hosts = hosts;
        this.groupManagementPort = groupManagementPort;
        this.members = members;
    }
}
