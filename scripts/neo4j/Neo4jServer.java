import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Map;
import org.neo4j.dbms.api.DatabaseManagementService;
import org.neo4j.dbms.api.DatabaseManagementServiceBuilder;

/**
 * Neo4j in one process: arguments HOME and CONF, the password as the first line of standard input.
 *
 * Prints READY once Bolt answers. Stops when standard input ends, that is when the process that started it stops or dies.
 */
public final class Neo4jServer {
    public static void main(String[] arguments) throws Exception {
        BufferedReader input = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        String password = input.readLine();
        if (password == null) {
            return;
        }
        try {
            serve(arguments, password, input);
        } catch (Throwable error) {
            error.printStackTrace();
        }
        System.exit(1); // the database's threads would keep a server that failed to start alive
    }

    private static void serve(String[] arguments, String password, BufferedReader input) throws Exception {
        DatabaseManagementService service = new DatabaseManagementServiceBuilder(Path.of(arguments[0]))
                .loadPropertiesFromFile(Path.of(arguments[1]))
                .build();
        Runtime.getRuntime().addShutdownHook(new Thread(service::shutdown));
        service.database("system")
                .executeTransactionally(
                        "CREATE OR REPLACE USER neo4j SET PASSWORD $password CHANGE NOT REQUIRED", Map.of("password", password));
        System.out.println("READY");
        System.out.flush();
        while (input.readLine() != null) {
            // only the end of the stream matters
        }
        System.exit(0);
    }
}
