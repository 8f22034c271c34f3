// SPDX-License-Identifier: Apache-2.0
import Baselines
import Evaluation
import ExecutionAgreement
import FunPRM
import Judges
import LinePRM
import OutcomeRewardModel
import SelfCertainty

/// The selectors compiled into this program. A new selector adds its plugin here.
let selectors = SelectorRegistry([
    FirstPlugin.self,
    ShortestPlugin.self,
    LongestPlugin.self,
    MajorityTextPlugin.self,
    MeanLogProbabilityPlugin.self,
    FunPRMPlugin.self,
    LinePRMPlugin.self,
    OutcomeRewardModelPlugin.self,
    SelfCertaintyPlugin.self,
    SelfCertaintyProxyPlugin.self,
    PointwisePlugin.self,
    RoundRobinPlugin.self,
    KnockOutPlugin.self,
    PivotPlugin.self,
    CodeTPlugin.self,
    ExecutionClustersPlugin.self,
    MinimumBayesRiskPlugin.self,
    PublicTestsPlugin.self,
    StagedPlugin.self,
])
