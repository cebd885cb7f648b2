package standin;

import com.sun.net.httpserver.HttpHandler;
import java.util.List;
import standin.cluster.ClusterPlan;
import standin.cluster.LocalMember;
import standin.conf.Axis2Configuration;

/** What the Elastic Load Balancer does besides being a Carbon server. Its pack alone has one, found by java.util.ServiceLoader. */
public interface LoadBalancing {
    /** Reads what to balance, before anything listens. */
    void open(Pack pack, Axis2Configuration axis2) throws StartupFailure;

    /** Joins the groups of the services, as planned for the load balancer's own group. */
    void join(ClusterPlan own, LocalMember local) throws StartupFailure;

    /** Answers in place of the pass-through transports' own pages. */
    HttpHandler handler();

    /** What the diagnostic page tells of it. */
    List<Object> describe();

    void leave();
}
