import ArgumentParser
import Hummingbird
import HummingbirdTLS
import X509
import Yams
print("stub")
