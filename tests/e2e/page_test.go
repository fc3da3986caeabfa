package e2e

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// promise is a piece of the documentation page that users have, word for word, and the tests that show it to be true.
// What is the user interface's own (menus, the name of a stream) is shown by what the interface asks eKuiper for.
type promise struct {
	text  string
	tests string
}

var sentences = []promise{
	{"# Websocket Source Connector", "TestTakesTheNameOver"},
	{`<span style="background:green;color:white;">stream</span>`, "TestDeliversTextAndBinary TestEqualsBuiltin"},
	{`<span style="background:green;color:white;">Scan table</span>`, "TestScanTableJoinedWithStream"},
	{"The NeuronEX data processing module acquires data via the Websocket data source.", "TestDeliversTextAndBinary"},

	{"## Create Stream", "TestTakesTheNameOver"},
	{"Log in to NeuronEX, click **Data Processing** -> **Sources**.", "TestFormListsTheSource"},
	{"In the **Stream Management** tab, click **Create Stream**.", "TestFormListsTheSource"},
	{"In the pop-up **Source** / **Create** page, enter the following configuration:", "TestForm"},
	{"- **Stream Name**: Enter the stream name", "TestDeliversTextAndBinary"},
	{"- **Is Structured Stream**: Unchecked", "TestEqualsBuiltin TestFormats"},
	{"- **Stream Type**: Select Websocket", "TestFormListsTheSource TestTakesTheNameOver"},
	{"- **Configuration Key**: You can edit using the default configuration group, or click Add Configuration Group.",
		"TestExtraBeforeGroupBeforeDefault TestGroupOverREST TestGroupInYAML"},
	{"In the pop-up dialog, configure as follows:", "TestForm"},
	{"- **Name**: Enter the configuration group name", "TestGroupOverREST"},
	{"- **Websocket Address**: Enter the Websocket server address", "TestForm TestPageAsAClient"},
	{"- **Client Certificate**: Enter the path to the crt file for Websocket client SSL verification", "TestForm TestTLSClientCertificates"},
	{"- **Client Private Key**: Enter the path to the key file for Websocket client SSL verification", "TestForm TestTLSClientCertificates"},
	{"- **CA File**: Enter the path to the ca certificate file for Websocket client SSL verification", "TestForm TestTLSClientCertificates"},
	{"- **Skip Certificate Verification**: Whether to skip SSL verification", "TestForm TestTLSSkipVerify"},
	{"- **Stream Format**: Supports json, binary, protobuf, delimited, custom", "TestFormats TestProtobuf TestCustomFormat"},
	{"- **Shared**: Check to confirm whether to share the source", "TestSharedStream TestTwoRulesOnOneStreamShareOneConnection"},

	{"## As a Websocket Client", "TestPageAsAClient"},
	{"A Websocket data source can act as a Websocket client, initiating a Websocket connection to a remote Websocket " +
		"server and receiving data over that connection as a message source.", "TestPageAsAClient TestPeerGoesAwayAndComesBack"},
	{"When acting as a Websocket client, you need to specify the `Websocket Address`, for example: `127.0.0.1:8080`; and " +
		"fill in the `Data Source` configuration item on the create data source page as follows: `/api/data`;", "TestPageAsAClient"},
	{"At this point, the Websocket data source will act as a Websocket client, establishing a Websocket connection to " +
		"`127.0.0.1:8080/api/data` and receiving data over this connection as a message source.", "TestPageAsAClient"},

	{"## As a Websocket Server", "TestPageAsAServer"},
	{"A Websocket data source can also act as a Websocket server.", "TestPageAsAServer"},
	{"In this case, a remote Websocket client can actively initiate a Websocket connection to NeuronEX, and NeuronEX will " +
		"receive messages over that Websocket connection as a message source.", "TestPageAsAServer TestManyClientsOnOnePath"},
	{"When acting as a Websocket server, the `Websocket Address` can be left blank, and the `Data Source` configuration " +
		"item can be configured as follows: `/api/data`;", "TestPageAsAServer"},
	{"At this point, NeuronEX will act as a Websocket server, using itself as the host, and waiting for Websocket " +
		"connections to be established at the `/api/data` URL, receiving data over these connections as a message source.",
		"TestPageAsAServer TestServerPathsAreThoseOfBuiltin"},
	{"The default Websocket port is 10081.", "TestPageDefaultPort"},
	{"To modify this port, you need to change it in the `source` section of the configuration file located at " +
		"`/opt/neuronex/software/ekuiper/etc`:", "TestPageAddressOfKuiperYAML"},
	{"```yaml\nsource:\n  ## Configurations for the global websocket server for websocket source\n  # HTTP data service ip\n" +
		"  httpServerIp: 0.0.0.0\n  # HTTP data service port\n  httpServerPort: 10081\n",
		"TestPageDefaultPort TestPageAddressOfKuiperYAML"},
	{"  # httpServerTls:\n  #    certfile: /var/https-server.crt\n  #    keyfile: /var/https-server.key\n```", "TestTLSServer"},
	{"Users can specify the following properties:", "TestPageAddressOfKuiperYAML"},
	{"- `httpServerIp`: IP to bind the Websocket data server.", "TestPageAddressOfKuiperYAML"},
	{"- `httpServerPort`: Port to bind the Websocket data server.", "TestPageAddressOfKuiperYAML"},
	{"- `httpServerTls`: Configuration of the Websocket server's TLS.", "TestTLSServer"},
	{"The global server initializes when any rule requiring an Websocket source is activated.", "TestPageLifeOfTheServer"},
	{"It terminates once all associated rules are closed.", "TestPageLifeOfTheServer TestLastStreamClosesTheListener"},
}

// Every piece has tests, and they are there.
func TestPageHasTests(t *testing.T) {
	t.Parallel()
	there := testNames(t)
	for _, promise := range sentences {
		names := strings.Fields(promise.tests)
		if len(names) == 0 {
			t.Errorf("no test: %s", promise.text)
		}
		for _, name := range names {
			if !there[name] {
				t.Errorf("there is no %s, which is to show: %s", name, promise.text)
			}
		}
	}
}

// testNames are those of this package.
func testNames(t *testing.T) map[string]bool {
	t.Helper()
	files, err := filepath.Glob("*_test.go")
	must(t, err)
	names := map[string]bool{}
	for _, file := range files {
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.SkipObjectResolution)
		must(t, err)
		for _, declared := range parsed.Decls {
			if function, ok := declared.(*ast.FuncDecl); ok && strings.HasPrefix(function.Name.Name, "Test") {
				names[function.Name.Name] = true
			}
		}
	}
	return names
}

// Nothing of the page is left out above. The page is not part of this tree; it lies beside it where it was written for.
func TestPageIsQuotedInFull(t *testing.T) {
	t.Parallel()
	file := filepath.Join(os.Getenv("EKWS_ROOT"), "..", "shared", "seed", "websocket-source-connector.md")
	text, err := os.ReadFile(file)
	if os.IsNotExist(err) {
		t.Skipf("%s is not there: the page cannot be compared with", file)
	}
	must(t, err)
	rest := string(text)
	for _, promise := range sentences {
		before, after, found := strings.Cut(rest, promise.text)
		if !found {
			t.Errorf("not on the page, or out of order: %s", promise.text)
			continue
		}
		if left := strings.TrimSpace(before); left != "" {
			t.Errorf("on the page, and no test is named for it: %s", left)
		}
		rest = after
	}
	if left := strings.TrimSpace(rest); left != "" {
		t.Errorf("on the page, and no test is named for it: %s", left)
	}
}
